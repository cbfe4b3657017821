"""A pre-trained BERT-like encoder in two halves: its embedding layer and its transformer layers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UserError


class TextEncoder(nn.Module):
    """The embedding layer and the transformer layers of one pre-trained encoder, to be called one after the other.

    Args:
        model: a Hugging Face encoder with ``embeddings`` and ``encoder`` (BERT, RoBERTa, MiniLM, ...).
        with_pooler: keep its pooler, for :meth:`pool`.
    """

    def __init__(self, model: Any, with_pooler: bool = False) -> None:
        super().__init__()
        if not hasattr(model, "embeddings") or not hasattr(model, "encoder"):
            raise UserError(f"text backbone {type(model).__name__} is not BERT-like; use bert-*, roberta-* or MiniLM")
        self.config = model.config
        self.embeddings = model.embeddings
        self.encoder = model.encoder
        self.pooler = getattr(model, "pooler", None) if with_pooler else None

    @property
    def dim(self) -> int:
        """Width of the hidden states."""
        return self.config.hidden_size

    def embed(self, token_ids: Tensor, segment_ids: Tensor) -> Tensor:
        """Token, position and segment embeddings, normalized: ``(batch, length)`` ids to ``(batch, length, dim)``.

        An encoder that knows one kind of segment (RoBERTa) takes all tokens for that one.
        """
        known = max(getattr(self.config, "type_vocab_size", 1), 1)
        return self.embeddings(input_ids=token_ids, token_type_ids=segment_ids.clamp(max=known - 1))

    def encode(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Transformer layers over ``hidden`` ``(batch, length, dim)``; ``mask`` ``(batch, length)`` is true on tokens."""
        bias = torch.zeros(mask.shape, dtype=hidden.dtype, device=hidden.device)
        bias = bias.masked_fill(~mask, torch.finfo(hidden.dtype).min)[:, None, None, :]
        # expanded to (batch, 1, length, length): the fused kernels of every version of torch take that shape
        bias = bias.expand(-1, 1, mask.shape[1], -1)
        return self.encoder(hidden, attention_mask=bias)[0]

    def pool(self, hidden: Tensor) -> Tensor:
        """The pre-trained pooler on the first token: ``(batch, length, dim)`` to ``(batch, dim)``."""
        if self.pooler is None:
            raise ValueError("this encoder was built without its pooler")
        return self.pooler(hidden)
