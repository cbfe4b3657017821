"""A-MESS: anchor-based multimodal embedding with semantic synchronization (arXiv 2503.19474).

The paper's equations by module: ``alignment`` and ``attention`` (4, 6, 8-12), ``anchors`` (5, 7, Listing 1), ``fusion``
(4-13), ``semantics`` and ``losses`` (15), ``model`` (1, 14, 16, 17).
"""

from __future__ import annotations

import torch

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.weights import saved_shape
from mia_plugins.plugin.method import Method
from mia_plugins.plugin.task import Task

from .descriptions import load_descriptions
from .fusion import build_fusion
from .inspection import inspect
from .model import AMESS
from .semantics import embed_descriptions
from .settings import Settings


def build(task: Task, settings: Settings) -> AMESS:
    """The model for a task, with its pre-trained encoder and the embeddings of its labels' descriptions."""
    descriptions = None
    if settings.semantic_sync:
        if task.weights:  # they hold the embeddings
            descriptions = torch.zeros(saved_shape(task.weights, "descriptions"))
        else:
            sentences = load_descriptions(
                task.labels, settings.descriptions_path or None, settings.num_descriptions, dataset=task.dataset
            )
            descriptions = embed_descriptions(sentences, settings.sentence_encoder)
    encoder = load_encoder(task.text_backbone)
    fusion = build_fusion(
        dim=encoder.dim,
        heads=encoder.config.num_attention_heads,
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        text_length=task.text_length,
        video_length=task.video_length,
        audio_length=task.audio_length,
        anchor_embedding=settings.anchor_embedding,
        aligned_method=settings.aligned_method,
        num_anchors=settings.num_anchors,
        dropout=settings.dropout_prob,
        residual=settings.residual,
        fusion_start=settings.fusion_start,
    )
    return AMESS(
        encoder,
        fusion,
        num_classes=task.num_classes,
        num_labels=len(task.labels),
        descriptions=descriptions,
        temperature=settings.temperature,
        literal=settings.negatives == "literal",
        pooling=settings.pooling,
    )


METHOD = Method(
    name="amess", build=build, settings=Settings, configs="mia_plugins.configs.amess", title="A-MESS", inspect=inspect
)
