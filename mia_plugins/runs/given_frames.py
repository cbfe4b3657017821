"""The frames that a caller gives with utterances, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

import numpy as np

from ..errors import UserError

Frames = Union[np.ndarray, Sequence[Union[np.ndarray, None]], None]


def frames_of(name: str, given: Frames, single: bool, count: int, width: int, most: int) -> list[np.ndarray]:
    """The frames of every clip, checked, float32, and cut to the longest that the model takes.

    Raises:
        UserError: see :meth:`Predictor.predict`.
    """
    many: Any = [None] * count if given is None else [given] if single else list(given)
    if len(many) != count:
        raise UserError(f"predict: {name} has frames of {len(many)} clips for {count} texts")
    frames = []
    for number, each in enumerate(many):
        if each is None:
            frames.append(np.empty((0, width), np.float32))
            continue
        values = np.asarray(each, np.float32)
        if values.ndim != 2 or values.shape[1] != width or not len(values):
            raise UserError(
                f"predict: {name} of clip {number} has the shape {values.shape}; the model takes (frames, {width})"
            )
        if not np.isfinite(values).all():
            raise UserError(f"predict: {name} of clip {number} has frames that are not finite")
        frames.append(values[:most])
    return frames
