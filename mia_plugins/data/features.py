"""Video and audio features: frames by clip key in a file or folder, checked and cut to float32 (frames, width)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..errors import UserError, short
from .faults import fault, is_collecting
from .store.frames import StoredFrames
from .store.index import EMPTY
from .store.lookup import Places, find_clips
from .store.writer import LARGEST

_NAMED = 5  # clips that one error names


def read_features(
    path: str | os.PathLike[str],
    keys: Sequence[str],
    *,
    max_length: int,
    width: int | None = None,
    rows: Sequence[str] | None = None,
    missing: str = "error",
) -> StoredFrames:
    """Check the named clips and find their frames, which are read only when asked for.

    The first call for a file converts it; see :mod:`mia_plugins.data.store.cache`.

    Args:
        path: a pickled dict of clip key -> (T, width) or (T, 1, width) array, or list of (width,) or (1, width) arrays;
            a file of another of the :mod:`~mia_plugins.data.store.formats`; or a folder of such files.
        keys: the clips, in the order wanted; a key that comes twice gets the same frames twice.
        max_length: frames to keep; later ones are dropped.
        width: features per frame, if already known; otherwise that of most clips.
        rows: for each key the row that names it, such as ``train.tsv, row 12``, for the error messages.
        missing: what becomes of a clip that is in no file or was saved without a frame: ``"error"``, or ``"empty"`` for
            no frames, (0, width). Where no clip has any, the width is 1 unless it is known.

    Returns:
        For each key a C-contiguous float32 array (min(T, max_length), width), still on disk.

    Raises:
        UserError: not a readable dict; clips that are missing, or in two files of a folder; or a clip that is empty,
            not numeric, not finite, beyond :data:`~mia_plugins.data.store.writer.LARGEST` or of another width.
    """
    wanted: dict[str, int] = {}
    numbers = np.fromiter((wanted.setdefault(key, len(wanted)) for key in keys), np.int64, len(keys))
    places = find_clips(path, wanted)
    stores, (offset, count, widths, bad, fault_at) = places.stores[numbers], places.index[numbers].T
    absent = stores < 0
    if missing == "empty":
        without = [number for number, fault in places.faults.items() if fault.startswith(EMPTY)]
        absent |= np.isin(numbers, without)
    elif absent.any():
        _report_absent(path, keys, rows, np.flatnonzero(absent).tolist())
    lengths = np.where(absent, 0, np.minimum(count, max_length))
    common = Counter(widths[~absent].tolist()).most_common(1)
    width = width or (common[0][0] if common else 0 if missing == "error" else 1)
    wrong = ((fault_at >= 0) & (fault_at < max_length)) | (lengths * widths == 0)
    wrong |= ((bad >= 0) & (bad < lengths)) | (widths != width)
    wrong &= ~absent
    for i in np.flatnonzero(wrong).tolist():
        clip = f"clip {_name(keys, rows, i)}"
        complaint = _complaint(path, clip, places, int(numbers[i]), max_length, width)
        fault("wrong features", rows[i] if rows else path, complaint)
    return StoredFrames(places.frames, stores, offset, np.where(wrong, 0, lengths), width)


def _name(keys: Sequence[str], rows: Sequence[str] | None, i: int) -> str:
    return f"{short(keys[i])} ({rows[i]})" if rows else short(keys[i])


def _report_absent(
    path: str | os.PathLike[str], keys: Sequence[str], rows: Sequence[str] | None, absent: list[int]
) -> None:
    """Clips without features: each by itself where faults are collected, otherwise some of them in one error."""
    if not is_collecting():
        raise UserError(_absent(path, [_name(keys, rows, i) for i in absent[:_NAMED]], len(absent)))
    for i in absent:
        fault("clips without features", rows[i] if rows else path, _absent(path, [_name(keys, rows, i)], 1))


def _absent(path: str | os.PathLike[str], clips: Sequence[str], count: int) -> str:
    if count == 1:
        return f"clip {clips[0]} has no features in {path}; extract them, or take its row out"
    more = f" and {count - len(clips)} more" if count > len(clips) else ""
    return f"{count} clips have no features in {path}: {', '.join(clips)}{more}; extract them, or take their rows out"


def _complaint(
    path: str | os.PathLike[str], clip: str, places: Places, number: int, max_length: int, expected: int
) -> str:
    """What is wrong with a clip, the ``number``-th that is wanted, of which ``max_length`` frames are."""
    path = os.path.join(path, places.names[places.sources[number]]) if places.names else path
    _, count, width, bad, fault_at = places.index[number].tolist()
    length = min(count, max_length)
    if 0 <= fault_at < max_length:
        fault = places.faults[number]
    elif length * width == 0:
        fault = f"is empty, of shape {(length, width)}"
    elif 0 <= bad < length:
        fault = f"has a value that is NaN, infinite or beyond {LARGEST:g} in frame {bad} (counted from 0)"
    else:
        return (
            f"{clip} in {path} has {width} features a frame where other clips have {expected}; "
            "extract all clips with the same model"
        )
    return f"{clip} in {path} {fault}; extract its features again, or take its row out"
