"""The two attention blocks of A-ME: cross-attention (Eq. 4, 6, 11, 12) and anchor cross-attention (Eq. 8-10)."""

from __future__ import annotations

from torch import Tensor, nn

from mia_plugins.nn.attention import attend


class CrossAttention(nn.Module):
    """Multi-head cross-attention with a residual on the query, normalized after it (post-norm, as BERT's own blocks).

    Args:
        dim: width of the query and of the result.
        source_dim: width of the keys' and values' source; projected to ``dim`` here.
        heads: number of heads.
        dropout: probability.
        residual: add the query; without it the text cannot pass (reading 3 of the notes).
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
        """``query`` ``(batch, targets, dim)``, ``source`` ``(batch, sources, source_dim)``; as the query's shape."""
        source = self.source_norm(source)
        read = attend(self.query(query), self.key(source), self.value(source), source_mask[:, None], self.heads)
        read = self.dropout(self.out(read))
        return self.norm(query + read if self.residual else read)


class AnchorCrossAttention(nn.Module):
    """One modality's anchors enriched by the other's: ``A + FF(softmax(Q K^T / sqrt(dim)) V)`` (Eq. 8-10).

    Single-head, as the equation's square root of d_t says; the values are projected (reading 6 of the notes); FF is
    the two-layer feed-forward of the transformer, four times as wide inside.

    Args:
        dim: width of an anchor.
        dropout: probability, on the result of FF.
    """

    def __init__(self, dim: int, dropout: float) -> None:
        super().__init__()
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.feedforward = nn.Sequential(
            nn.Linear(dim, 4 * dim), nn.ReLU(), nn.Linear(4 * dim, dim), nn.Dropout(dropout)
        )

    def forward(self, own: Tensor, other: Tensor, other_mask: Tensor) -> Tensor:
        """``own`` and ``other`` ``(batch, k, dim)``, ``other_mask`` ``(batch, k)``; as ``own``'s shape."""
        read = attend(self.query(own), self.key(other), self.value(other), other_mask[:, None], heads=1)
        return own + self.feedforward(read)
