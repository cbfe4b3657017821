"""Which clips a store has, and where: written beside the frames, and checked before it is believed.

A store is a folder with two files. ``frames.f32`` has the values of all clips as raw little-endian float32.
``index.npz`` has ``clips``, int64 (clips, 5), the numbers of each clip's :class:`Entry`, and ``text``, JSON as UTF-8
bytes with the clips' keys, what is wrong with them, how many values there are, and in the store of several files how
many clips each of them holds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...system.array_files import read_arrays

_FRAMES, _INDEX = "frames.f32", "index.npz"
_LARGEST = 1 << 30  # bytes of an index: over ten million clips
_LONGEST = 1000  # characters of a fault
EMPTY = "is empty"  # how the fault of a clip without frames begins


class Entry(NamedTuple):
    """A clip in the file of frames.

    Attributes:
        offset: of its first frame, counted in values; -1: it has none.
        frames: how many it has, or if there is a fault how many before it.
        width: features of a frame.
        bad: the first frame with a value that is not finite or too large; -1: none.
        fault_at: the frame from which on ``fault`` holds; -1: never. Frames that are cut off may have faults.
        fault: what is wrong, in words that follow "clip x in file y".
    """

    offset: int
    frames: int
    width: int
    bad: int
    fault_at: int = -1
    fault: str = ""


@dataclass(frozen=True, eq=False)
class Store:
    """An open store.

    Attributes:
        frames: the file of frames.
        rows: clip key -> row of ``index``.
        index: int64 (clips, 5): offset, frames, width, bad, fault_at; see :class:`Entry`.
        faults: row -> what is wrong with the clip.
        counts: int64 (files,), clips of each file that the store was made of, in the order of their rows.
    """

    frames: Path
    rows: dict[str, int]
    index: np.ndarray
    faults: dict[int, str]
    counts: np.ndarray


def frames_file(folder: Path) -> Path:
    """The file of frames in a store's folder."""
    return folder / _FRAMES


def save_index(folder: Path, entries: dict[str, Entry], counts: Sequence[int] = ()) -> None:
    """Write the index of a new store, whose frames are complete.

    Args:
        folder: the store's.
        entries: clip key -> entry.
        counts: how many of them each file holds, in order; none: they are all of one file.

    Raises:
        OSError: the folder does not take it.
    """
    numbers = np.array([entry[:5] for entry in entries.values()], np.int64).reshape(-1, 5)
    faults = {row: entry.fault for row, entry in enumerate(entries.values()) if entry.fault}
    values = frames_file(folder).stat().st_size // 4
    text: dict[str, Any] = {"keys": list(entries), "faults": faults, "values": values}
    if counts:
        text["counts"] = list(counts)
    np.savez(folder / _INDEX, clips=numbers, text=np.frombuffer(json.dumps(text).encode(), np.uint8))


def load_index(folder: Path) -> Store | None:
    """Open a store without looking at the values of its frames.

    The cache may be damaged or written by others, so everything is checked that a later read relies on.

    Returns:
        The store; None if there is none, or it is damaged.
    """
    try:
        return _load(folder)
    except Exception:  # a damaged file raises almost anything, from BadZipFile to RecursionError
        return None


def _load(folder: Path) -> Store:
    frames = frames_file(folder)
    members = read_arrays(folder / _INDEX, _LARGEST)  # compares the checksum of each member
    index, text = members["clips"], json.loads(members["text"].tobytes())
    keys, values, counts = text["keys"], text["values"], text.get("counts", [len(text["keys"])])
    faults = {int(row): fault for row, fault in text["faults"].items()}
    _check(4 * values == frames.stat().st_size)
    _check(index.dtype == np.int64 and index.shape == (len(keys), 5))
    _check(all(type(key) is str for key in keys) and len(set(keys)) == len(keys))
    _check(all(type(fault) is str and fault.isprintable() and len(fault) <= _LONGEST for fault in faults.values()))
    _check(all(type(count) is int and count >= 0 for count in counts) and sum(counts) == len(keys))
    _check(set(faults) == set(np.flatnonzero(index[:, 4] >= 0).tolist()))
    _check_ranges(index, values)
    return Store(frames, {key: row for row, key in enumerate(keys)}, index, faults, np.array(counts, np.int64))


def _check_ranges(index: np.ndarray, values: int) -> None:
    """Whether every clip lies inside the file, and what is said of a frame is said of one that the clip has."""
    offset, count, width, bad, fault_at = index.T
    _check((index >= -1).all() and (count >= 0).all() and (width >= 0).all())
    _check((bad <= count).all() and (fault_at <= count).all())
    _check(((width == 0) | (count <= values // np.maximum(width, 1))).all())  # before the product, which may overflow
    stored = (count > 0) & (width > 0)
    _check((offset[stored] >= 0).all() and (offset <= values - count * width)[stored].all())


def _check(holds: Any) -> None:
    if not holds:
        raise ValueError("the index is damaged")
