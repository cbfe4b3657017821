"""Padded frames with their mask, and their mean."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Frames(NamedTuple):
    """One modality of a batch: ``values`` ``(batch, frames, dim)``, ``mask`` ``(batch, frames)`` true on real frames."""

    values: Tensor
    mask: Tensor


def as_frames(values: Tensor, lengths: Tensor) -> Frames:
    """Padded frames in float32 with their mask.

    Args:
        values: ``(batch, frames, dim)``.
        lengths: ``(batch,)``, frames of each clip.

    >>> as_frames(torch.zeros(2, 3, 1), torch.tensor([1, 3])).mask.tolist()
    [[True, False, False], [True, True, True]]
    """
    step = torch.arange(1, values.shape[1] + 1, device=values.device)
    return Frames(values.float(), step <= lengths[:, None])


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the true places of ``mask``: ``(batch, length, dim)`` and ``(batch, length)`` to ``(batch, dim)``."""
    weight = mask.to(values.dtype)[..., None]
    return (values * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
