"""Loading, as other methods of a host do it."""

from __future__ import annotations

import torch
from transformers import AutoModel

from mia_plugins.nn.encoder import TextEncoder


def load_encoder(source: str) -> TextEncoder:
    """The text backbone, by folder or name; what is built on it starts the same with every version of transformers."""
    model = AutoModel.from_pretrained(source)
    torch.manual_seed(torch.initial_seed())
    return TextEncoder(model.float())
