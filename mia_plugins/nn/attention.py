"""Scaled dot-product attention, in several heads and with a mask, and the block in which one sequence reads another."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from .frames import zero_absent


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, heads: int, dropout: float = 0.0) -> Tensor:
    """Attention in ``heads`` heads, ``softmax(Q K^T / sqrt(dim / heads)) V``.

    Args:
        query: ``(batch, targets, dim)``.
        key, value: ``(batch, sources, dim)``.
        mask: ``(batch, targets, sources)``, or 1 instead of ``targets``: true where a target may read a source.
        heads: number of heads; divides ``dim``.
        dropout: probability, of the weights; 0 where a model is not training.

    Returns:
        ``(batch, targets, dim)``; zeros where a target may read nothing.
    """
    q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (query, key, value))
    nothing = ~mask.any(dim=-1, keepdim=True)
    # such a target reads all there is, for a finite value: not every kernel has one for a row without sources
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=(mask | nothing)[:, None], dropout_p=dropout)
    return out.transpose(1, 2).flatten(2).masked_fill(nothing, 0)


class CrossAttention(nn.Module):
    """Multi-head cross-attention with a residual on the query, normalized after it (post-norm, as BERT's own blocks).

    Args:
        dim: width of the query and of the result.
        source_dim: width of the keys' and values' source; projected to ``dim`` here.
        heads: number of heads.
        dropout: probability.
        residual: add the query; without it nothing of the query passes by the attention.
    """

    def __init__(self, dim: int, source_dim: int, heads: int, dropout: float, residual: bool = True) -> None:
        super().__init__()
        self.heads, self.residual = heads, residual
        self.source_norm = nn.LayerNorm(source_dim)  # features come at any scale
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(source_dim, dim)
        self.value = nn.Linear(source_dim, dim)
        self.out = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(dim)

    def forward(self, query: Tensor, source: Tensor, source_mask: Tensor) -> Tensor:
        """``query`` ``(batch, targets, dim)``, ``source`` ``(batch, sources, source_dim)``; as the query's shape.

        A clip with nothing to read (``source_mask`` false everywhere) keeps its query: nothing is added to it.
        """
        source = self.source_norm(source)
        read = attend(self.query(query), self.key(source), self.value(source), source_mask[:, None], self.heads)
        read = zero_absent(self.dropout(self.out(read)), source_mask.any(dim=1))
        return self.norm(query + read if self.residual else read)
