"""The formats of feature files: clips by key, or one clip named after the file."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...system.array_files import numbers
from ...system.untrusted import check_regular
from .numpy_pickles import Refused
from .safe_pickle import load_plain
from .safetensors_files import read_safetensors
from .torch_files import TorchFile

# What the only array of a file may be called that holds one clip; ``arr_0`` is numpy's name for an array without one.
CLIP_NAMES = ("arr_0", "features", "feats", "frames", "data")
_LIMIT, _FREE = 100, 16 << 20  # an archive unpacks to no more than 100 times its size; 16 MiB are always allowed
_REMEDY = "save the features again as numeric arrays (frames, width)"


def read_arrays_of(path: str | os.PathLike[str]) -> Iterator[tuple[str, Any]]:
    """The clips of a feature file, one after the other; nothing that is in the file is run.

    A ``.npy`` file holds one clip, named after the file without its suffix. ``.npz``, ``.safetensors``, ``.pt`` (as
    ``torch.save`` writes it) and any other file, which is taken for a pickle, hold clips by key, or one clip: an array
    or list of frames instead of a dict, or a single array with one of the names :data:`CLIP_NAMES`.

    Only one clip is in memory at a time, except with a pickle, which is loaded at once.

    Args:
        path: the file.

    Yields:
        A clip's key and its frames: an array of any shape and type. From pickles and ``.pt`` files it may also be a
        list of arrays, or a plain value that is no clip. :func:`~mia_plugins.data.features.read_features` checks them.

    Raises:
        UserError: the file cannot be read, is damaged, or holds anything but numbers.
    """
    path = Path(path)
    read = READERS.get(path.suffix)
    if read is None:
        yield from named_after(path, load_plain(path))
        return
    check_regular(path)
    try:
        yield from read(path)
    except UserError:
        raise
    except Refused as error:
        raise UserError(f"{path}: holds {error}; nothing in it was run; {_REMEDY}") from None
    except Exception as error:  # broken bytes raise almost anything, from struct.error to MemoryError
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{path}: cannot be read ({reason}); copy the file again, or {_REMEDY}") from None


def named_after(path: Path, value: Any) -> Iterator[tuple[str, Any]]:
    """The clips of a loaded value: those of a dict by their keys, anything else as the clip the file is named after."""
    if not isinstance(value, dict):
        value = {path.stem: value}
    for key, clip in value.items():
        yield (path.stem if len(value) == 1 and key in CLIP_NAMES else key), clip


def _read_npy(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    # mapped, so that a header that promises more than the file holds is refused before anything is allocated
    yield path.stem, numbers(np.load(path, mmap_mode="r", allow_pickle=False))


def _read_npz(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
        unpacked = sum(member.file_size for member in members)
        if unpacked > path.stat().st_size * _LIMIT + _FREE:
            raise ValueError(f"would unpack to {unpacked} bytes, {_LIMIT} times its size; save it with numpy.savez")
        names = [member.filename[: -len(".npy")] for member in members]
        if len(set(names)) < len(names):
            raise ValueError("a name occurs twice in the archive")
        for name, member in zip(names, members):
            # reads no more than was declared
            array = numbers(np.load(io.BytesIO(archive.read(member)), allow_pickle=False))
            yield (path.stem if len(names) == 1 and name in CLIP_NAMES else name), array


def _read_safetensors(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    tensors = read_safetensors(path)
    first = list(zip(range(2), tensors))
    for _, (name, array) in first:
        yield (path.stem if len(first) == 1 and name in CLIP_NAMES else name), array
    yield from tensors


def _read_pt(path: Path) -> Iterator[tuple[str, Any]]:
    with TorchFile(path) as file:
        for key, value in named_after(path, file.value):
            yield key, file.read(value)


READERS: dict[str, Callable[[Path], Iterator[tuple[str, Any]]]] = {
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".safetensors": _read_safetensors,
    ".pt": _read_pt,
}
SUFFIXES = (*READERS, ".pkl")  # of the feature files in a folder
