"""Reading MMSA's pickle, one dict of arrays and lists for each split, with one array in memory at a time.

As in :mod:`.safe_pickle`, nothing that is in the file runs. Each array goes to a function as soon as it is complete, with
the key that stands before it; what the function returns takes its place. The unpickler's memo would keep the bytes of all
arrays alive, so it forgets them; a pickle of numpy's does not refer to them again.
"""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Callable
from typing import Any, BinaryIO, ClassVar

import numpy as np

from .numpy_pickles import Dtype, Refused, check_array, fill, frombuffer, reconstruct
from .safe_pickle import PlainUnpickler, open_pickle

_LONG = 1 << 16  # bytes or characters; anything longer is the raw data of an array
_TEXT = re.compile(r"U\d{1,5}")
Take = Callable[[str, np.ndarray], Any]


def load_splits(path: str | os.PathLike[str], take: Take) -> object:
    """The object in a pickle, with ``take(key, array)`` in the place of each array.

    Beside what :func:`.safe_pickle.load_plain` takes, arrays of texts are read, and come back as lists.

    Args:
        path: a pickle of any protocol, written under numpy 1 or 2.
        take: is called for every numeric array; ``key`` is the dict's key before it, or empty.

    Raises:
        UserError: the file cannot be read, is no complete pickle, or asks for anything else.
    """
    with open_pickle(path) as file:
        return _SplitUnpickler(file, take).load()


class _Slot:
    """An array that is not complete yet; then what stands for it."""

    __slots__ = ("filled", "value")

    def __init__(self) -> None:
        self.filled, self.value = False, None


class _TextDtype(Dtype):
    """The type of an array of texts: fixed-width ones, or Python's own in a list."""

    def __init__(self, code: object, *_flags: object) -> None:
        if isinstance(code, str) and (_TEXT.fullmatch(code) or code == "O8"):
            self.value = np.dtype(code[:1] if code == "O8" else code)
        else:
            super().__init__(code)


class _Forgotten:
    """Stands in the memo for what it does not keep."""


class _Memo(dict[int, Any]):
    """The unpickler's memo without the raw data of arrays, and without the tuples that hold it."""

    def __setitem__(self, index: int, value: Any) -> None:
        super().__setitem__(index, _Forgotten if _is_raw(value) else value)

    def __getitem__(self, index: int) -> Any:
        value = super().__getitem__(index)
        if value is _Forgotten:
            raise Refused("a second use of an array's raw data")
        return value.value if type(value) is _Slot and value.filled else value


def _is_raw(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(map(_is_raw, value))
    return isinstance(value, (bytes, str)) and len(value) > _LONG


class _SplitUnpickler(PlainUnpickler):
    """The safe unpickler; arrays go to a function."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(PlainUnpickler.dispatch)

    def __init__(self, file: BinaryIO, take: Take) -> None:
        super().__init__(file)
        self.memo: Any = _Memo()
        self.take = take

    def find_class(self, module: str, name: str) -> Any:
        function = super().find_class(module, name)
        return {reconstruct: self._reconstruct, frombuffer: self._frombuffer, Dtype: _TextDtype}.get(function, function)

    def _reconstruct(self, *args: Any) -> _Slot:
        reconstruct(*args)
        return _Slot()

    def _frombuffer(self, *args: Any) -> Any:
        return self._taken(frombuffer(*args))

    def _taken(self, array: np.ndarray) -> Any:
        """What stands for an array; the key before it lies below it on the stack."""
        if array.dtype.kind == "U":
            return array.tolist()
        before = self.stack[-2] if len(self.stack) > 1 else None
        return self.take(before if isinstance(before, str) else "", array)

    def load_build(self) -> None:
        target = self.stack[-2]
        state = self.stack.pop()
        if isinstance(target, Dtype):
            target.build(state)
            return
        if type(target) is not _Slot:
            raise Refused(f"a state for a {type(target).__name__}")
        if target.filled:
            raise Refused("an array that is filled twice")
        target.filled = True
        target.value = self.stack[-1] = self._built(state)

    def _built(self, state: Any) -> Any:
        """What stands for an array with numpy's state."""
        _, shape, dtype, _, raw = state
        kind = dtype.value.kind if isinstance(dtype, _TextDtype) else ""
        if kind == "O":
            return _texts(shape, raw)
        if kind == "U":
            return np.frombuffer(raw, check_array(shape, dtype, raw)).reshape(shape).tolist()
        array = np.empty(0, np.uint8)
        fill(array, state)
        return self._taken(array)

    dispatch[pickle.BUILD[0]] = load_build


def _texts(shape: object, raw: object) -> list[Any]:
    """The texts of an array of objects."""
    if type(raw) is not list or shape != (len(raw),) or not all(isinstance(each, (str, float, int)) for each in raw):
        raise Refused("an array of objects other than texts and numbers")
    return raw
