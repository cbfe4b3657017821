"""Anchor cross-attention, the attention block of A-ME that no other method has (Eq. 8-10)."""

from __future__ import annotations

from torch import Tensor, nn

from mia_plugins.nn.attention import attend
from mia_plugins.nn.frames import zero_absent


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
        """``own`` and ``other`` ``(batch, k, dim)``, ``other_mask`` ``(batch, k)``; as ``own``'s shape.

        Where there are no other anchors, nothing is added.
        """
        read = attend(self.query(own), self.key(other), self.value(other), other_mask[:, None], heads=1)
        return own + zero_absent(self.feedforward(read), other_mask.any(dim=1))
