"""Anchor selection: ``AnSelect`` in Eq. 5 and 7, Listing 1 of the appendix."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

FLOOR = 0.05  # smaller cosines count as this one: the ratio of two tiny or negative numbers means nothing


class Anchors(NamedTuple):
    """``tokens`` ``(batch, k, dim)``, ``mask`` ``(batch, k)`` true on real anchors, ``index`` ``(batch, k)`` positions."""

    tokens: Tensor
    mask: Tensor
    index: Tensor


def reliability(text: Tensor, fused: Tensor, mask: Tensor) -> Tensor:
    """How clearly each text token's nearest fused token beats the second nearest.

    The ratio of the two highest cosine similarities, each at least :data:`FLOOR`. Padding is no neighbour; a missing
    second one counts as :data:`FLOOR`.

    Args:
        text, fused: ``(batch, length, dim)``.
        mask: ``(batch, length)``, true on tokens.

    Returns:
        ``(batch, length)`` in [1, 1 / FLOOR]; minus infinity on padding.
    """
    similarity = F.normalize(text, dim=-1) @ F.normalize(fused, dim=-1).transpose(1, 2)
    similarity = similarity.masked_fill(~mask[:, None, :], FLOOR).clamp(min=FLOOR)
    nearest = F.pad(similarity, (0, 1), value=FLOOR).topk(2, dim=-1).values
    return (nearest[..., 0] / nearest[..., 1]).masked_fill(~mask, -torch.inf)


def select_anchors(text: Tensor, fused: Tensor, mask: Tensor, k: int) -> Anchors:
    """The ``k`` most reliable tokens of ``fused``; among equals, the earliest.

    Args:
        text, fused: ``(batch, length, dim)``.
        mask: ``(batch, length)``, true on tokens.
        k: number of anchors; where a clip has fewer tokens, the missing ones are masked.

    Returns:
        :class:`Anchors` with ``min(k, length)`` anchors.
    """
    # the choice has no gradient, the chosen tokens do
    with torch.no_grad(), torch.autocast(text.device.type, enabled=False):
        # float32 whatever the precision of the model, and a stable sort: padding a batch further must not change a tie
        score = reliability(text.detach().float(), fused.detach().float(), mask)
        index = score.sort(dim=-1, descending=True, stable=True).indices[:, : min(k, score.shape[1])]
    tokens = fused.gather(1, index[..., None].expand(-1, -1, fused.shape[-1]))
    return Anchors(tokens, mask.gather(1, index), index)
