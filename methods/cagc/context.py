"""The context-augmented transformer: a clip's frames read the videos of its neighbours."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ContextTransformer(nn.Module):
    """Adds what similar videos say to the frames of a clip.

    With Q the frames h_v, and K_j = V_j the vectors of the first j of the k* neighbours that are kept::

        h_m = sum_{j = 1 ... k*} softmax(Q K_j^T / sqrt(dim / heads)) V_j
        h_mv = LayerNorm(h_m + h_v)
        h_cv = LayerNorm(Linear(h_mv) + h_mv)

    Args:
        dim: width.
        heads: number of heads; divides ``dim``.
    """

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.context_norm, self.norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.linear = nn.Linear(dim, dim)

    def read(self, frames: Tensor, neighbours: Tensor, kept: Tensor) -> Tensor:
        """``h_m``; zero where no neighbour is kept. Arguments as of :meth:`forward`."""
        query, key = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in (frames, neighbours))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5  # (batch, heads, frames, k)
        count = kept.shape[1]
        up_to = torch.ones(count, count, dtype=torch.bool, device=kept.device).tril()
        readable = (kept[:, None, :] & up_to)[:, None, None]  # (batch, 1, 1, j, k): the first j of the neighbours
        low = torch.finfo(scores.dtype).min  # finite, as there may be nothing to read
        weights = scores[..., None, :].masked_fill(~readable, low).softmax(dim=-1)
        weights = (weights * kept[:, None, None, :, None]).sum(dim=-2)  # over those j that are kept
        return (weights @ key).transpose(1, 2).flatten(2)

    def forward(self, frames: Tensor, neighbours: Tensor, kept: Tensor) -> Tensor:
        """Frames in their context.

        Args:
            frames: ``h_v``, ``(batch, frames, dim)``.
            neighbours: ``(batch, k, dim)``, the nearest first.
            kept: ``(batch, k)``, true on the neighbours that are read.

        Returns:
            ``h_cv``, ``(batch, frames, dim)``.
        """
        mixed = self.context_norm(self.read(frames, neighbours, kept) + frames)
        return self.norm(self.linear(mixed) + mixed)
