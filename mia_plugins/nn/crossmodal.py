"""The crossmodal transformer of MulT (Tsai et al., ACL 2019): one modality's sequence reads another's."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import attend

BASE = 10_000.0  # of the positions' wavelengths


def sinusoidal_positions(length: int, dim: int, device: torch.device | None = None) -> Tensor:
    """Embeddings of the positions 1 to ``length``, as MulT has them: all sines, then all cosines.

    With ``half = dim // 2``, the entries i and half + i of position p are sin and cos of ``p * BASE ** (-i / (half -
    1))``; an odd last entry is zero.

    >>> sinusoidal_positions(3, 5).shape
    torch.Size([3, 5])

    Returns:
        ``(length, dim)``.
    """
    half = dim // 2
    rate = torch.exp(torch.arange(half, device=device) * (-math.log(BASE) / max(half - 1, 1)))
    angle = torch.arange(1, length + 1, device=device)[:, None] * rate
    return F.pad(torch.cat([angle.sin(), angle.cos()], dim=1), (0, dim % 2))


def readable(query_mask: Tensor, source_mask: Tensor, causal: bool) -> Tensor:
    """What each target may read: no padding and, if ``causal``, nothing of the source's future.

    Target i may then read the sources up to ``i + |sources - targets|``, counted in a clip's real elements: the last
    target reads all of a longer source. No result depends on how far a batch is padded.

    Args:
        query_mask: ``(batch, targets)``, true on the elements of a clip, which come first.
        source_mask: ``(batch, sources)``, the same for what is read.
        causal: whether the future is hidden.

    Returns:
        ``(batch, targets, sources)``, or 1 instead of ``targets``.
    """
    if not causal:
        return source_mask[:, None]
    ahead = (source_mask.sum(dim=1) - query_mask.sum(dim=1)).abs()
    target = torch.arange(query_mask.shape[1], device=query_mask.device)[:, None]
    source = torch.arange(source_mask.shape[1], device=source_mask.device)
    return source_mask[:, None] & (source <= target + ahead[:, None, None])


class CrossmodalLayer(nn.Module):
    """Multi-head attention and a feed-forward layer four times as wide, each normalized before and added after.

    One normalization serves query, key and value, as in MulT's code.

    Args:
        dim: width.
        heads: number of heads.
        attn_dropout: probability, of the attention's weights.
        relu_dropout: inside the feed-forward layer.
        res_dropout: of what is added.
    """

    def __init__(self, dim: int, heads: int, *, attn_dropout: float, relu_dropout: float, res_dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feedforward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
        self.out = nn.Linear(dim, dim)
        self.inner, self.outer = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.attn_dropout, self.relu_dropout = nn.Dropout(attn_dropout), nn.Dropout(relu_dropout)
        self.res_dropout = nn.Dropout(res_dropout)
        for part in (self.query, self.key, self.value, self.out, self.inner, self.outer):
            joint = part in (self.query, self.key, self.value)  # drawn as one matrix, three times as high
            nn.init.xavier_uniform_(part.weight, gain=0.5**0.5 if joint else 1.0)
            nn.init.zeros_(part.bias)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """``query`` ``(batch, targets, dim)``, ``key`` and ``value`` ``(batch, sources, dim)``, ``mask`` of both."""
        target = self.attention_norm(query)
        key_normed = target if key is query else self.attention_norm(key)
        value_normed = key_normed if value is key else self.attention_norm(value)
        read = attend(
            self.query(target),
            self.key(key_normed),
            self.value(value_normed),
            mask,
            self.heads,
            self.attn_dropout.p if self.training else 0.0,
        )
        # where there is nothing to read, nothing is added, not even the bias
        query = query + self.res_dropout(self.out(read)).masked_fill(~mask.any(dim=-1, keepdim=True), 0)
        inner = self.relu_dropout(F.relu(self.inner(self.feedforward_norm(query))))
        return query + self.res_dropout(self.outer(inner))


class CrossmodalTransformer(nn.Module):
    """Layers in which a query sequence reads a source, whose keys and values stay those of the source's embedding.

    Args:
        dim: width of query, key and value.
        heads: number of heads; divides ``dim``.
        layers: number of layers.
        attn_dropout, relu_dropout, res_dropout: see :class:`CrossmodalLayer`.
        embed_dropout: probability, of what enters the first layer.
        causal: see :func:`readable`.
        host: as in the benchmarks: padding is read like anything else, but for that of a clip with no elements at all;
            and an element whose first value is exactly zero gets no position.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        layers: int,
        *,
        attn_dropout: float = 0.0,
        relu_dropout: float = 0.0,
        res_dropout: float = 0.0,
        embed_dropout: float = 0.0,
        causal: bool = True,
        host: bool = False,
    ) -> None:
        super().__init__()
        self.causal, self.host, self.scale = causal, host, math.sqrt(dim)
        self.layers = nn.ModuleList(
            CrossmodalLayer(dim, heads, attn_dropout=attn_dropout, relu_dropout=relu_dropout, res_dropout=res_dropout)
            for _ in range(layers)
        )
        self.dropout = nn.Dropout(embed_dropout)
        self.norm = nn.LayerNorm(dim)

    def forward(
        self,
        query: Tensor,
        query_mask: Tensor,
        key: Tensor | None = None,
        value: Tensor | None = None,
        source_mask: Tensor | None = None,
    ) -> Tensor:
        """Reads the source, or the query itself where there is none.

        Args:
            query: ``(batch, targets, dim)``, with ``query_mask`` ``(batch, targets)`` true on a clip's elements.
            key: ``(batch, sources, dim)``, with ``source_mask`` ``(batch, sources)``; None: self-attention.
            value: the same shape as ``key``; None: ``key``.
            source_mask: of key and value; None, with a key: nothing is padding.

        Returns:
            ``(batch, targets, dim)``; what stands at padding is arbitrary. Of a clip without sources the query is not
            changed by any attention.
        """
        if key is None:
            source_mask = query_mask
        elif source_mask is None:
            source_mask = torch.ones(key.shape[:2], dtype=torch.bool, device=key.device)
        if self.host:
            query_mask = torch.ones_like(query_mask)
            source_mask = source_mask.any(dim=1, keepdim=True).expand_as(source_mask)
        hidden = self.embed(query)
        source_key = hidden if key is None else self.embed(key)
        source_value = source_key if value is None or value is key else self.embed(value)
        mask = readable(query_mask, source_mask, self.causal)
        for layer in self.layers:
            if key is None:
                source_key = source_value = hidden
            hidden = layer(hidden, source_key, source_value, mask)
        return self.norm(hidden)

    def embed(self, sequence: Tensor) -> Tensor:
        """``sequence`` times the root of its width, plus positions, after dropout."""
        positions = sinusoidal_positions(sequence.shape[1], sequence.shape[2], sequence.device)
        if self.host:
            positions = positions * (sequence[..., :1] != 0)
        return self.dropout(self.scale * sequence + positions)
