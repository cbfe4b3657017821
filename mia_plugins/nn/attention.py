"""Scaled dot-product attention, in several heads and with a mask."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, heads: int, dropout: float = 0.0) -> Tensor:
    """Attention in ``heads`` heads, ``softmax(Q K^T / sqrt(dim / heads)) V``.

    Args:
        query: ``(batch, targets, dim)``.
        key, value: ``(batch, sources, dim)``.
        mask: ``(batch, targets, sources)``, or 1 instead of ``targets``: true where a target may read a source; at
            least one for each target.
        heads: number of heads; divides ``dim``.
        dropout: probability, of the weights; 0 where a model is not training.

    Returns:
        ``(batch, targets, dim)``.
    """
    q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (query, key, value))
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None], dropout_p=dropout)
    return out.transpose(1, 2).flatten(2)
