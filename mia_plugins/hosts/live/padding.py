"""A host's padding in float32: a third of the memory of its own in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import UserError


def pad_in_float32(module: Any) -> None:
    """Replaces a host's ``padding`` in its loading module.

    Raises:
        UserError: the host has no such function (MIntRec).
    """
    if module is None:
        raise UserError("--float32: MIntRec pads inside its own classes; leave the option out")
    module.padding = padding


def padding(feat: Any, max_length: int, padding_mode: str = "zero", padding_loc: str = "end") -> Any:
    """Frames ``(frames, width)`` cut or zero-padded to ``max_length``, in float32.

    Untouched pages of zeros take no memory, so short clips cost what they hold.

    >>> padding(np.ones((1, 2)), 3).tolist()
    [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """
    if feat.ndim == 1:
        return feat
    if padding_mode != "zero":
        raise UserError("--float32 pads with zeros; leave it out for another padding_mode")
    out = np.zeros((max_length, feat.shape[-1]), np.float32)
    kept = feat[:max_length]
    if padding_loc == "start" and len(kept) < max_length:
        out[max_length - len(kept) :] = kept
    else:
        out[: len(kept)] = kept
    return out
