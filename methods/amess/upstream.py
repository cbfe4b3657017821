"""A-MESS as a contribution to a benchmark: the model of the default settings, and what its patch and letter say.

The ablations, the other alignments and the paper's appendix stay in this package. ``mia-plugins patch`` reads the names
below (see ``docs/hosts.md``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from mia_plugins.nn.alignment import SalienceAlignment
from mia_plugins.nn.backbones import load_encoder
from mia_plugins.plugin.task import Task

from .descriptions import load_descriptions
from .fusion import AnchorEmbedding, IdentityStart
from .model import AMESS
from .semantics import sentence_vectors
from .settings import Settings

TITLE = "A-MESS: Anchor-based Multimodal Embedding with Semantic Synchronization for Multimodal Intent Recognition"
NAME = "A-MESS"
PAPER = "https://arxiv.org/abs/2503.19474"
VENUE = "arXiv 2025"
#: scaled_dot_product_attention came with torch 2.0
REQUIREMENTS = {"torch": "2.0", "sentence-transformers": "2.2.2"}
#: references to notes of this package (docs/readings.md), to be taken out of docstrings and comments
REFERENCES = r" \((?:reading )?\d+(?: of the notes)?\)"
DESCRIPTIONS = Path(__file__).with_suffix(".json")


def build(task: Task, settings: Settings) -> AMESS:
    """The model for a task, with its pre-trained encoder and the embeddings of its labels' descriptions."""
    descriptions = embed_descriptions(task.labels, settings.num_descriptions, settings.sentence_encoder)
    encoder = load_encoder(task.text_backbone)
    fusion = AnchorEmbedding(
        dim=encoder.dim,
        heads=encoder.config.num_attention_heads,
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        video_align=SalienceAlignment(task.video_dim),
        audio_align=SalienceAlignment(task.audio_dim),
        num_anchors=settings.num_anchors,
        dropout=settings.dropout_prob,
        residual=True,
    )
    return AMESS(
        encoder,
        IdentityStart(fusion, encoder.dim),
        num_classes=task.num_classes,
        num_labels=len(task.labels),
        descriptions=descriptions,
        temperature=settings.temperature,
        literal=False,
        pooling="first",
    )


def embed_descriptions(labels: Sequence[str], count: int, encoder: str) -> Tensor:
    """Embeddings ``(labels, count, width)`` of every label's first descriptions; leaves the random state as it was."""
    from sentence_transformers import SentenceTransformer

    table = json.loads(DESCRIPTIONS.read_text(encoding="utf-8"))
    random_state = torch.get_rng_state()
    model = SentenceTransformer(encoder, device="cpu")
    vectors = sentence_vectors(model, [table[label][:count] for label in labels])
    torch.set_rng_state(random_state)
    return vectors


def files(labels: Sequence[str]) -> dict[str, str]:
    """Ending -> text of the files beside the network: the descriptions of a benchmark's labels."""
    texts = load_descriptions(labels, count=8)
    return {".json": json.dumps(dict(zip(labels, texts)), indent=2) + "\n"}
