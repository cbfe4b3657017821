"""Padded frames with their mask, their mean, and what becomes of clips that have none."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class Frames(NamedTuple):
    """One modality of a batch: ``values`` ``(batch, frames, dim)``, ``mask`` ``(batch, frames)`` true on real frames.

    A clip without this modality has no real frames, and what stands in its padding must not be read.
    """

    values: Tensor
    mask: Tensor

    @property
    def present(self) -> Tensor:
        """``(batch,)`` bool, true for the clips that have this modality."""
        return self.mask.any(dim=1)


def as_frames(values: Tensor, lengths: Tensor) -> Frames:
    """Padded frames in float32 with their mask.

    Args:
        values: ``(batch, frames, dim)``.
        lengths: ``(batch,)``, frames of each clip; 0 where it has none.

    >>> as_frames(torch.zeros(2, 3, 1), torch.tensor([1, 3])).mask.tolist()
    [[True, False, False], [True, True, True]]
    """
    step = torch.arange(1, values.shape[1] + 1, device=values.device)
    return Frames(values.float(), step <= lengths[:, None])


def pad_frames(frames: Frames, length: int) -> Frames:
    """Frames padded with zeros to ``length``, as the benchmarks pad all clips to the longest of the data set.

    >>> values, mask = pad_frames(as_frames(torch.ones(1, 2, 1), torch.tensor([1])), 3)
    >>> values.flatten().tolist(), mask.tolist()
    ([1.0, 0.0, 0.0], [[True, False, False]])
    """
    more = length - frames.values.shape[1]
    return Frames(F.pad(frames.values * frames.mask[..., None], (0, 0, 0, more)), F.pad(frames.mask, (0, more)))


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the true places of ``mask``: ``(batch, length, dim)`` and ``(batch, length)`` to ``(batch, dim)``.

    The mean of nothing is zero.
    """
    weight = mask.to(values.dtype)[..., None]
    return (values * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)


def zero_absent(values: Tensor, present: Tensor) -> Tensor:
    """Zeros in the rows of clips that lack a modality, so that it adds nothing there, not even a bias.

    Args:
        values: ``(batch, ...)``.
        present: ``(batch,)`` bool; see :attr:`Frames.present`.

    >>> zero_absent(torch.ones(2, 2), torch.tensor([True, False])).tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    return values.masked_fill(~present.unflatten(0, (-1, *[1] * (values.ndim - 1))), 0)
