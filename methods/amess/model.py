"""A-MESS (arXiv 2503.19474), put together: text embedding, A-ME, encoder, semantic synchronization, classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.losses import classification_loss
from mia_plugins.plugin.method import Output

from .fusion import Frames, masked_mean
from .losses import triplet_contrastive


class AMESS(nn.Module):
    """The model and its joint loss.

    Args:
        encoder: the pre-trained text encoder, of width ``dim``.
        fusion: A-ME or its stand-in: ``(text, mask, video, audio) -> E_m``.
        num_classes: columns of the logits.
        num_labels: in-scope intents.
        descriptions: ``(labels, descriptions, width)`` embeddings of the label descriptions; None leaves semantic
            synchronization out.
        temperature, literal: see :func:`triplet_contrastive`.
        pooling: ``first`` or ``mean``: what of ``E_f`` the classifier sees.
    """

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
    ) -> None:
        super().__init__()
        self.encoder, self.fusion = encoder, fusion
        self.num_labels, self.temperature, self.literal, self.pooling = num_labels, temperature, literal, pooling
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

    def forward(
        self,
        text_feats: Tensor,
        video_feats: Tensor,
        audio_feats: Tensor,
        video_lengths: Tensor | None = None,
        audio_lengths: Tensor | None = None,
    ) -> Output:
        """Scores a batch.

        Args:
            text_feats: ``(batch, 3, tokens)`` int64: ids, mask, segments.
            video_feats, audio_feats: ``(batch, frames, dim)``, zero-padded behind.
            video_lengths, audio_lengths: ``(batch,)``; without them a clip ends at its last frame that is not zero.
        """
        token_ids, mask, segment_ids = text_feats[:, 0], text_feats[:, 1].bool(), text_feats[:, 2]
        video, audio = as_frames(video_feats, video_lengths), as_frames(audio_feats, audio_lengths)
        text = self.encoder.embed(token_ids, segment_ids)  # Eq. 1
        hidden = self.encoder.encode(self.fusion(text, mask, video, audio), mask)  # Eq. 4-14
        features = hidden[:, 0] if self.pooling == "first" else masked_mean(hidden, mask)
        sentence = None
        if self.synchronizer is not None:
            sentence = self.synchronizer(masked_mean(hidden, mask))  # T_f
            features = torch.cat([features, sentence], dim=-1)
        features = self.norm(features)
        return Output(self.classifier(features), features, sentence)  # phi([E_f, T_f]) of Eq. 16

    def loss(self, output: Output, label_ids: Tensor) -> Tensor:
        """The joint loss (Eq. 17)."""
        loss = classification_loss(output.logits, label_ids, self.num_labels)  # Eq. 16
        if output.sentence is not None:
            loss = loss + triplet_contrastive(
                output.sentence, label_ids, self.descriptions, self.temperature, self.literal
            )  # Eq. 15
        return loss

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight ``(classes, dim)`` and bias ``(classes,)`` of the last linear layer, for the benchmark's detectors."""
        return self.classifier.weight, self.classifier.bias


def as_frames(values: Tensor, lengths: Tensor | None) -> Frames:
    """Float32 frames with their mask; see :meth:`AMESS.forward` for missing lengths."""
    values = values.float()
    step = torch.arange(1, values.shape[1] + 1, device=values.device)
    if lengths is None:
        lengths = (values.abs().amax(dim=-1).ne(0) * step).amax(dim=-1).clamp(min=1)
    return Frames(values, step <= lengths[:, None])
