"""Video and audio features: a pickled dict of clip key -> frames, checked and cut to float32 (frames, width)."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from ..errors import UserError, short
from .store.build import LARGEST
from .store.cache import open_store
from .store.frames import StoredFrames
from .store.index import Store

_MISSING = -1
_NAMED = 5  # clips that one error names


def read_features(
    path: str | os.PathLike[str],
    keys: Sequence[str],
    *,
    max_length: int,
    width: int | None = None,
    rows: Sequence[str] | None = None,
) -> StoredFrames:
    """Check the named clips and find their frames, which are read only when asked for.

    The first call for a file converts it; see :mod:`mia_plugins.data.store.cache`.

    Args:
        path: a pickled dict of clip key -> (T, width) or (T, 1, width) array, or list of (width,) or (1, width) arrays.
        keys: the clips, in the order wanted; a key that comes twice gets the same frames twice.
        max_length: frames to keep; later ones are dropped.
        width: features per frame, if already known; otherwise the first clip decides.
        rows: for each key the row that names it, such as ``train.tsv, row 12``, for the error messages.

    Returns:
        For each key a C-contiguous float32 array (min(T, max_length), width), still on disk.

    Raises:
        UserError: not a readable dict; clips that are missing; or a clip that is empty, not numeric, not finite, beyond
            :data:`~mia_plugins.data.store.build.LARGEST` or of another width.
    """
    store = open_store(path)
    places = np.fromiter((store.rows.get(key, _MISSING) for key in keys), np.int64, len(keys))
    missing = np.flatnonzero(places == _MISSING).tolist()
    if missing:
        raise UserError(_absent(path, [_name(keys, rows, i) for i in missing[:_NAMED]], len(missing)))
    offset, count, widths, bad, fault_at = store.index[places].T
    lengths = np.minimum(count, max_length)
    width = width or (int(widths[0]) if len(keys) else 0)
    wrong = ((fault_at >= 0) & (fault_at < max_length)) | (lengths * widths == 0)
    wrong |= ((bad >= 0) & (bad < lengths)) | (widths != width)
    if wrong.any():
        first = int(wrong.argmax())
        clip = f"clip {_name(keys, rows, first)}"
        raise UserError(_complaint(path, clip, store, int(places[first]), max_length, width))
    return StoredFrames(store.frames, offset, lengths, width)


def _name(keys: Sequence[str], rows: Sequence[str] | None, i: int) -> str:
    return f"{short(keys[i])} ({rows[i]})" if rows else short(keys[i])


def _absent(path: str | os.PathLike[str], clips: Sequence[str], count: int) -> str:
    if count == 1:
        return f"clip {clips[0]} has no features in {path}; extract them, or take its row out"
    more = f" and {count - len(clips)} more" if count > len(clips) else ""
    return f"{count} clips have no features in {path}: {', '.join(clips)}{more}; extract them, or take their rows out"


def _complaint(
    path: str | os.PathLike[str], clip: str, store: Store, place: int, max_length: int, expected: int
) -> str:
    """What is wrong with a clip, the ``place``-th of the store, of which ``max_length`` frames are wanted."""
    _, count, width, bad, fault_at = store.index[place].tolist()
    length = min(count, max_length)
    if 0 <= fault_at < max_length:
        fault = store.faults[place]
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
