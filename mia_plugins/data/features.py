"""Video and audio features: a pickled dict of clip key -> frames, checked and cut to float32 (frames, width)."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from ..errors import UserError
from .store.frames import StoredFrames
from .store.index import Store, open_store

_MISSING = -1


def read_features(
    path: str | os.PathLike[str],
    keys: Sequence[str],
    *,
    max_length: int,
    width: int | None = None,
    rows: Sequence[str] | None = None,
) -> StoredFrames:
    """Check the named clips and find their frames, which are read when they are asked for.

    The first call for a file converts it; see :mod:`mia_plugins.data.store.index`.

    Args:
        path: a pickled dict of clip key -> (T, width) or (T, 1, width) array, or list of (width,) or (1, width) arrays.
        keys: the clips, in the order wanted; a key that comes twice gets the same frames twice.
        max_length: frames to keep; later ones are dropped.
        width: features per frame, if already known; otherwise the first clip decides.
        rows: for each key the place that names it, such as ``train.tsv, row 12``, for the error messages.

    Returns:
        For each key a C-contiguous float32 array (min(T, max_length), width), still on disk.

    Raises:
        UserError: no readable dict, or a clip that is missing, empty, not numeric, not finite or of another width.
    """
    store = open_store(path)
    places = np.fromiter((store.rows.get(key, _MISSING) for key in keys), np.int64, len(keys))
    # a row of its own for missing clips, the last one, so that all clips can be looked up at once
    offset, count, widths, bad, fault_at = np.vstack([store.index, [[0] * 5]])[places].T
    lengths = np.minimum(count, max_length)
    width = width or (int(widths[0]) if len(keys) else 0)
    wrong = (places == _MISSING) | ((fault_at >= 0) & (fault_at < max_length)) | (lengths * widths == 0)
    wrong |= ((bad >= 0) & (bad < lengths)) | (widths != width)
    if wrong.any():
        first = int(wrong.argmax())
        clip = f"clip {keys[first]} ({rows[first]})" if rows else f"clip {keys[first]}"
        raise UserError(_complaint(path, clip, store, int(places[first]), max_length, width))
    return StoredFrames(store.file, offset, lengths, width)


def _complaint(
    path: str | os.PathLike[str], clip: str, store: Store, place: int, max_length: int, expected: int
) -> str:
    """What is wrong with a clip, the ``place``-th of the store, of which ``max_length`` frames are wanted."""
    if place == _MISSING:
        return f"{clip} has no features in {path}; extract them, or take its row out"
    _, count, width, bad, fault_at = store.index[place].tolist()
    length = min(count, max_length)
    if 0 <= fault_at < max_length:
        fault = store.faults[place]
    elif length * width == 0:
        fault = f"is empty, of shape {(length, width)}"
    elif 0 <= bad < length:
        fault = f"has a NaN or infinite value in frame {bad} (counted from 0)"
    else:
        return (
            f"{clip} in {path} has {width} features a frame where other clips have {expected}; "
            "extract all clips with the same model"
        )
    return f"{clip} in {path} {fault}; extract its features again, or take its row out"
