"""A pre-trained BERT-like encoder in two halves: its embedding layer and its transformer layers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UserError


class TextEncoder(nn.Module):
    """The embedding layer (Eq. 1) and the transformer layers (Eq. 14) of one pre-trained encoder.

    Args:
        model: a Hugging Face encoder with ``embeddings`` and ``encoder`` (BERT, RoBERTa, MiniLM, ...).
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        if not hasattr(model, "embeddings") or not hasattr(model, "encoder"):
            raise UserError(
                f"text backbone {type(model).__name__} has no embedding layer and encoder to put a fusion between; "
                "use a BERT-like one (bert-*, roberta-*, MiniLM)"
            )
        self.config = model.config
        self.embeddings = model.embeddings
        self.encoder = model.encoder

    @property
    def dim(self) -> int:
        """Width of the hidden states."""
        return self.config.hidden_size

    def embed(self, token_ids: Tensor, segment_ids: Tensor) -> Tensor:
        """Token, position and segment embeddings, normalized: ``(batch, length)`` ids to ``(batch, length, dim)``."""
        return self.embeddings(input_ids=token_ids, token_type_ids=segment_ids)

    def encode(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Transformer layers over ``hidden`` ``(batch, length, dim)``; ``mask`` ``(batch, length)`` is true on tokens."""
        bias = torch.zeros(mask.shape, dtype=hidden.dtype, device=hidden.device)
        bias = bias.masked_fill(~mask, torch.finfo(hidden.dtype).min)[:, None, None, :]
        # expanded to (batch, 1, length, length): the fused kernels of every era take that shape
        bias = bias.expand(-1, 1, mask.shape[1], -1)
        return self.encoder(hidden, attention_mask=bias)[0]
