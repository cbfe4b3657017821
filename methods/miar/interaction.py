"""A feature token: how one modality extracts information from another."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mia_plugins.nn.attention import CrossAttention
from mia_plugins.nn.frames import Frames


class FeatureToken(nn.Module):
    """One modality reads another, and a learned query sums up what it has read.

    With Attn the multi-head attention, x the reader's and s the source's sequence, and q the query::

        r = LayerNorm(x + Attn(x, s, s))
        token = LayerNorm(q + Attn(q, r, r))

    Args:
        dim: width of both sequences.
        heads: number of heads; divides ``dim``.
        dropout: probability, on what the attentions add.
    """

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.empty(1, 1, dim))
        nn.init.normal_(self.query, std=0.02)
        self.read = CrossAttention(dim, dim, heads, dropout)
        self.sum_up = CrossAttention(dim, dim, heads, dropout)

    def forward(self, reader: Frames, source: Frames) -> Tensor:
        """``reader`` and ``source``: ``(batch, length, dim)`` with their masks; returns ``(batch, dim)``."""
        read = self.read(reader.values, source.values, source.mask)
        return self.sum_up(self.query.expand(len(read), -1, -1), read, reader.mask)[:, 0]
