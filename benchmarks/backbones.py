"""Text backbones of known sizes with random weights: what a step costs does not depend on what the weights are."""

from __future__ import annotations

import json
from pathlib import Path

from .data import WORDS

SIZES = {  # hidden size, layers, heads, feed-forward
    "tiny": (64, 2, 2, 128),
    "small": (384, 6, 12, 1536),  # MiniLM's
    "base": (768, 12, 12, 3072),
    "large": (1024, 24, 16, 4096),
}
VOCABULARY = 30522
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def make_backbone(folder: Path, size: str) -> Path:
    """A BERT of one of :data:`SIZES` that both this package and a host can load; made once.

    Args:
        folder: of all backbones.
        size: which.

    Returns:
        Its own folder, inside.
    """
    place = folder / f"bert-{size}-random"
    if (place / "ready").is_file():
        return place
    import torch
    from transformers import BertConfig, BertModel

    place.mkdir(parents=True, exist_ok=True)
    tokens = [*SPECIAL, *WORDS]
    tokens += [f"[unused{i}]" for i in range(VOCABULARY - len(tokens))]
    (place / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    tokenizer = {"do_lower_case": True, "tokenizer_class": "BertTokenizer", "model_max_length": 512}
    (place / "tokenizer_config.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    width, layers, heads, inside = SIZES[size]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inside,
    )
    BertModel(config).save_pretrained(place)
    (place / "ready").touch()
    return place
