"""Tensors in a ``.pt`` file, read without torch and without running anything that is in it.

``torch.save`` writes a zip archive: a pickle of the values, in which each tensor only names its storage, and one member
for each storage. The pickle goes through :mod:`~mia_plugins.data.store.safe_pickle`, with three more names.
``torch.load(weights_only=True)`` could run code in some versions of torch that are still in use.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .numpy_pickles import Refused
from .safe_pickle import PlainUnpickler

# dtypes by the name of their storage; numpy has no bfloat16, which is the upper half of a float32
_STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
}


class Tensor(NamedTuple):
    """Where a tensor's values are.

    Attributes:
        dtype: numpy's code, or ``bfloat16``.
        storage: the member of the archive that holds its storage, without the folder.
        values: how many the storage has.
        offset, stride: counted in values.
        shape: of the tensor.
    """

    dtype: str
    storage: str
    values: int
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


class TorchFile:
    """An open ``.pt`` file.

    Attributes:
        value: what was saved, with a :class:`Tensor` in the place of each tensor.
    """

    def __init__(self, path: Path) -> None:
        if not zipfile.is_zipfile(path):
            raise ValueError("not in the format that torch.save writes since torch 1.6")
        self._archive = zipfile.ZipFile(path)
        (self._folder,) = {
            name[: -len("data.pkl")]
            for name in self._archive.namelist()
            if name.count("/") == 1 and name.endswith("/data.pkl")
        }
        self.value = _Unpickler(io.BytesIO(self._archive.read(self._folder + "data.pkl"))).load()
        self._last: tuple[str, bytes] = ("", b"")

    def __enter__(self) -> TorchFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def read(self, value: Any) -> Any:
        """A part of ``value``, with arrays in the place of its tensors."""
        if isinstance(value, Tensor):
            return self._array(value)
        if isinstance(value, (list, tuple)):
            return [self.read(each) for each in value]
        return value

    def _array(self, tensor: Tensor) -> np.ndarray:
        last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride))
        count = math.prod(tensor.shape)
        if count and not (last < tensor.values and count <= tensor.values):
            raise ValueError("a tensor lies outside its storage, or repeats it; save it with .contiguous()")
        code = "<u2" if tensor.dtype == "bfloat16" else tensor.dtype
        flat = np.frombuffer(self._storage(tensor, np.dtype(code).itemsize), code)[tensor.offset :]
        strides = [step * flat.itemsize for step in tensor.stride]
        array = (
            np.lib.stride_tricks.as_strided(flat, tensor.shape, strides, writeable=False)
            if count
            else flat[:0].reshape(tensor.shape)
        )
        return from_bfloat16(array) if tensor.dtype == "bfloat16" else array

    def _storage(self, tensor: Tensor, itemsize: int) -> bytes:
        """The bytes of a storage; the last one is kept, as the next tensor may be another part of it."""
        if self._last[0] != tensor.storage:
            member = self._archive.getinfo(f"{self._folder}data/{tensor.storage}")
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != tensor.values * itemsize:
                raise ValueError("a tensor and its storage do not agree")
            self._last = tensor.storage, self._archive.read(member)
        return self._last[1]


def from_bfloat16(bits: np.ndarray) -> np.ndarray:
    """float32 of bfloat16 values, given as the uint16 of their bits."""
    return (bits.astype("<u4") << 16).view("<f4")


class _Kind(NamedTuple):
    """Replaces the class of a storage."""

    dtype: str


class _Storage(NamedTuple):
    dtype: str
    name: str
    values: int


def _rebuild(storage: object, offset: object, shape: object, stride: object, *_flags: object) -> Tensor:
    """Replaces ``torch._utils._rebuild_tensor_v2``."""
    if not (
        type(storage) is _Storage
        and type(offset) is int
        and offset >= 0
        and _counts(shape)
        and _counts(stride)
        and len(shape) == len(stride)  # type: ignore[arg-type]
    ):
        raise Refused("a tensor whose shape and storage do not agree")
    return Tensor(*storage, offset, shape, stride)  # type: ignore[arg-type]


def _counts(values: object) -> bool:
    return type(values) is tuple and len(values) <= 8 and all(type(n) is int and 0 <= n < 2**40 for n in values)


class _Unpickler(PlainUnpickler):
    """The safe unpickler, which also knows tensors."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(PlainUnpickler.dispatch)
    dispatch[pickle.BINPERSID[0]] = pickle._Unpickler.dispatch[pickle.BINPERSID[0]]

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _STORAGES:
            return _Kind(_STORAGES[name])
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> _Storage:
        """A storage by what its tensor says of it: ("storage", class, name, device, values)."""
        kind, name, values = (pid[1], pid[2], pid[4]) if type(pid) is tuple and len(pid) == 5 else (None, None, None)
        if type(kind) is not _Kind or type(name) is not str or type(values) is not int or values < 0:
            raise Refused("a storage that is not one of numbers")
        return _Storage(kind.dtype, name, values)
