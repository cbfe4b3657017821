"""A-MESS (arXiv 2503.19474), put together: text embedding, A-ME, encoder, semantic synchronization, classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.frames import as_frames, masked_mean
from mia_plugins.nn.labels import label_names, memberships
from mia_plugins.nn.losses import task_loss
from mia_plugins.nn.weights import saved_shape
from mia_plugins.plugin.task import Task

from .descriptions import load_descriptions
from .fusion import build_fusion
from .losses import triplet_contrastive
from .semantics import embed_descriptions
from .settings import Settings


class AMESSOutput(NamedTuple):
    """``logits`` ``(batch, num_classes)``, ``features`` ``(batch, dim)``; ``T_f`` ``(batch, width)`` if it is in use."""

    logits: Tensor
    features: Tensor
    sentence: Tensor | None


class AMESS(nn.Module):
    """The model and its joint loss.

    Args:
        encoder: the pre-trained text encoder, of width ``dim``.
        fusion: A-ME or its stand-in: ``(text, mask, video, audio) -> E_m``.
        num_classes: columns of the logits.
        num_labels: in-scope intents.
        descriptions: ``(labels, descriptions, width)`` embeddings of the descriptions of labels, or of a number's degrees;
            None leaves semantic synchronization out.
        temperature, literal: see :func:`triplet_contrastive`.
        pooling: ``first`` or ``mean``: what of ``E_f`` the classifier sees.
        anchor_tokens: ``current`` or ``all``: the tokens that may be anchors, where a clip comes with its history.
    """

    pretrained = ("encoder",)

    def __init__(
        self,
        encoder: TextEncoder,
        fusion: nn.Module,
        *,
        num_classes: int,
        num_labels: int,
        descriptions: Tensor | None,
        temperature: float,
        literal: bool,
        pooling: str,
        anchor_tokens: str = "current",
    ) -> None:
        super().__init__()
        self.encoder, self.fusion = encoder, fusion
        self.num_labels, self.temperature, self.literal, self.pooling = num_labels, temperature, literal, pooling
        self.anchor_tokens = anchor_tokens
        width = encoder.dim
        self.synchronizer = None
        if descriptions is not None:
            self.register_buffer("descriptions", descriptions)
            self.synchronizer = nn.Sequential(
                nn.Linear(encoder.dim, encoder.dim), nn.GELU(), nn.Linear(encoder.dim, descriptions.shape[-1])
            )
            width += descriptions.shape[-1]
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, num_classes)

    def forward(self, batch: Mapping[str, Tensor]) -> AMESSOutput:
        """Scores a batch."""
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        mask = mask.bool()
        video = as_frames(batch["video_feats"], batch["video_lengths"])
        audio = as_frames(batch["audio_feats"], batch["audio_lengths"])
        text = self.encoder.embed(token_ids, segment_ids)  # Eq. 1
        own, anchors = self.token_masks(batch)
        hidden = self.encoder.encode(self.fusion(text, anchors, video, audio), mask)  # Eq. 4-14
        features = hidden[:, 0] if self.pooling == "first" else masked_mean(hidden, own)
        sentence = None
        if self.synchronizer is not None:
            sentence = self.synchronizer(masked_mean(hidden, own))  # T_f
            features = torch.cat([features, sentence], dim=-1)
        features = self.norm(features)
        return AMESSOutput(self.classifier(features), features, sentence)  # phi([E_f, T_f]) of Eq. 16

    def token_masks(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Masks ``(batch, length)`` of the clips' own tokens, without their history, and of those that may be anchors."""
        mask = batch["text_feats"][:, 1].bool()
        own = batch["text_turns"] == 0 if "text_turns" in batch else mask
        return own, own if self.anchor_tokens == "current" else mask

    def loss(self, output: AMESSOutput, label_ids: Tensor) -> dict[str, Tensor]:
        """The two terms of the joint loss (Eq. 17)."""
        terms = {"classification": task_loss(output.logits, label_ids, self.num_labels)}  # Eq. 16
        if output.sentence is not None:
            members = memberships(label_ids, len(self.descriptions))
            terms["contrastive"] = triplet_contrastive(
                output.sentence, members, self.descriptions, self.temperature, self.literal
            )  # Eq. 15
        return terms

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight ``(classes, dim)`` and bias ``(classes,)`` of the last linear layer, for the benchmark's detectors."""
        return self.classifier.weight, self.classifier.bias


def build(task: Task, settings: Settings) -> AMESS:
    """The model for a task, with its pre-trained encoder and the embeddings of its labels' descriptions."""
    descriptions, names = None, label_names(task)
    if settings.semantic_sync and names:
        if task.weights:  # they hold the embeddings
            descriptions = torch.zeros(saved_shape(task.weights, "descriptions"))
        else:
            sentences = load_descriptions(
                names,
                settings.descriptions_path or None,
                settings.num_descriptions,
                dataset=task.dataset,
                given=task.descriptions,
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
        anchor_tokens=settings.anchor_tokens,
    )
