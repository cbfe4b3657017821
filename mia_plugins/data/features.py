"""Video and audio features: a pickled dict of clip key -> frames, checked and cut to float32 (frames, width)."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from ..errors import UserError
from .safe_pickle import load_plain


def read_features(
    path: str | os.PathLike[str],
    keys: Sequence[str],
    *,
    max_length: int,
    width: int | None = None,
    rows: Sequence[str] | None = None,
) -> list[np.ndarray]:
    """Read the frames of the named clips; ask once for all splits that share the file.

    Args:
        path: a pickled dict of clip key -> (T, width) or (T, 1, width) array, or list of (width,) or (1, width) arrays.
        keys: the clips, in the order wanted; a key that comes twice gets the same array twice.
        max_length: frames to keep; later ones are dropped.
        width: features per frame, if already known; otherwise the first clip decides.
        rows: for each key the place that names it, such as ``train.tsv, row 12``, for the error messages.

    Returns:
        For each key a C-contiguous float32 array (min(T, max_length), width), perhaps read-only.

    Raises:
        UserError: no readable dict, or a clip that is missing, empty, not numeric, not finite or of another width.
    """
    table = load_plain(path)
    if not isinstance(table, dict):
        raise UserError(f"{path}: holds a {type(table).__name__}, not a dict of clip key -> frames; save it as a dict")
    found: dict[str, np.ndarray] = {}
    for i, key in enumerate(keys):
        if key in found:
            continue
        clip = f"clip {key} ({rows[i]})" if rows else f"clip {key}"
        if key not in table:
            raise UserError(f"{clip} has no features in {path}; extract them, or take its row out")
        try:
            frames = _frames(table.pop(key), max_length)  # popped: what is cut off or cast can be freed at once
        except ValueError as error:
            raise UserError(f"{clip} in {path} {error}; extract its features again, or take its row out") from None
        width = width or frames.shape[1]
        if frames.shape[1] != width:
            raise UserError(
                f"{clip} in {path} has {frames.shape[1]} features a frame where other clips have {width}; "
                "extract all clips with the same model"
            )
        found[key] = frames
    return [found[key] for key in keys]


def _frames(value: object, max_length: int) -> np.ndarray:
    """One clip's first frames as float32 (T, width).

    >>> _frames([np.zeros((1, 4)), np.ones((1, 4))], max_length=9).shape
    (2, 4)

    Raises:
        ValueError: not a sequence of numeric frames; the message continues a sentence about the clip.
    """
    if isinstance(value, (list, tuple)):
        value = _stack(value[:max_length])
    if not isinstance(value, np.ndarray):
        raise ValueError(f"is a {type(value).__name__}, not an array of frames")
    if value.ndim == 3 and value.shape[1] == 1:
        value = value[:, 0]
    if value.ndim != 2:
        raise ValueError(f"has the shape {value.shape}, not (frames, width)")
    if value.size == 0:
        raise ValueError(f"is empty, of shape {value.shape}")
    if value.dtype.kind not in "fiu":
        raise ValueError(f"holds {value.dtype} values, not numbers")
    kept = value[:max_length]
    with np.errstate(over="ignore"):  # a float64 too large for float32 becomes inf and is reported as that
        # A whole float32 array is kept as it is; a cut one is copied, so that the rest does not stay in memory.
        cut = len(kept) < len(value)
        kept = np.array(kept, np.float32, order="C") if cut else np.ascontiguousarray(kept, np.float32)
    finite = np.isfinite(kept).all(axis=1)
    if not finite.all():
        raise ValueError(f"has a NaN or infinite value in frame {int(finite.argmin())} (counted from 0)")
    return kept


def _stack(frames: Sequence[object]) -> np.ndarray:
    """Frames saved one by one as (width,) or (1, width) arrays, joined to (T, width)."""
    if not frames:
        raise ValueError("is empty, without a frame")
    flat: list[np.ndarray] = []
    for frame in frames:
        if not isinstance(frame, np.ndarray):
            raise ValueError(f"holds a {type(frame).__name__} as frame {len(flat)} (counted from 0), not an array")
        if frame.ndim == 2 and len(frame) == 1:
            frame = frame[0]
        if frame.ndim != 1 or (flat and frame.shape != flat[0].shape):
            raise ValueError(f"has the shape {frame.shape} in frame {len(flat)} (counted from 0), unlike (width,)")
        flat.append(frame)
    return np.stack(flat)
