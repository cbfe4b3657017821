"""Loading and looking on, as other methods of a host do it."""

from __future__ import annotations

from typing import Any

import torch
from tqdm import tqdm
from transformers import AutoModel

from ....nn.encoder import TextEncoder


def load_encoder(source: str) -> TextEncoder:
    """The text backbone, by folder or name; what is built on it starts the same with every version of transformers."""
    model = AutoModel.from_pretrained(source)
    torch.manual_seed(torch.initial_seed())
    return TextEncoder(model.float())


def progress_bar(batches: Any, what: str, unit: str) -> Any:
    """The batches, with a bar that goes when they end."""
    return tqdm(batches, desc=what, unit=unit, leave=False)
