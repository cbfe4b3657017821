"""MIAR, put together: four feature tokens, their alignment, and a classifier; see the package for what is the paper's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.frames import Frames, as_frames
from mia_plugins.nn.losses import supervised_contrast, task_loss
from mia_plugins.plugin.task import Task

from .interaction import FeatureToken
from .settings import Settings


class MIAROutput(NamedTuple):
    """``logits`` ``(batch, num_classes)``, ``features`` ``(batch, 4 * dim)``; ``tokens`` ``(batch, 4, dim)``.

    The tokens are those of text reading video, video reading text, text reading audio, audio reading text; without video
    or audio to read or to be read, the text's is of the text alone and the other one a learned constant.
    ``has_video``, ``has_audio`` ``(batch,)`` bool.
    """

    logits: Tensor
    features: Tensor
    tokens: Tensor
    has_video: Tensor
    has_audio: Tensor


class MIAR(nn.Module):
    """The model and its loss.

    Args:
        encoder: the pre-trained text encoder, of width ``dim``.
        video_dim, audio_dim: width of a frame.
        num_classes: columns of the logits.
        num_labels: in-scope intents.
        settings: the method's.
    """

    pretrained = ("encoder",)

    def __init__(
        self,
        encoder: TextEncoder,
        *,
        video_dim: int,
        audio_dim: int,
        num_classes: int,
        num_labels: int,
        settings: Settings,
    ) -> None:
        super().__init__()
        dim = encoder.dim
        self.encoder, self.num_labels, self.settings = encoder, num_labels, settings
        self.video = nn.Sequential(nn.LayerNorm(video_dim), nn.Linear(video_dim, dim))
        self.audio = nn.Sequential(nn.LayerNorm(audio_dim), nn.Linear(audio_dim, dim))
        self.readings = nn.ModuleList(FeatureToken(dim, settings.heads, settings.dropout_prob) for _ in range(4))
        self.dropout = nn.Dropout(settings.dropout_prob)
        self.classifier = nn.Linear(4 * dim, num_classes)

    def forward(self, batch: Mapping[str, Tensor]) -> MIAROutput:
        """Scores a batch."""
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        mask = mask.bool()
        text = Frames(self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask), mask)
        video, video_mask = as_frames(batch["video_feats"], batch["video_lengths"])
        audio, audio_mask = as_frames(batch["audio_feats"], batch["audio_lengths"])
        seen, heard = Frames(self.video(video), video_mask), Frames(self.audio(audio), audio_mask)
        pairs = ((text, seen), (seen, text), (text, heard), (heard, text))
        tokens = torch.stack([reading(*pair) for reading, pair in zip(self.readings, pairs)], dim=1)
        features = self.dropout(tokens.flatten(1))
        return MIAROutput(self.classifier(features), features, tokens, seen.present, heard.present)

    def loss(self, output: MIAROutput, label_ids: Tensor) -> dict[str, Tensor]:
        """Classification, and the alignment of text with video and of text with audio, among the clips that have them."""

        def contrast(first: int, second: int, present: Tensor) -> Tensor:
            tokens = output.tokens
            return self.settings.alignment_weight * supervised_contrast(
                tokens[:, first],
                tokens[:, second],
                label_ids,
                num_labels=self.num_labels,
                temperature=self.settings.temperature,
                present=present,
            )

        return {
            "classification": task_loss(output.logits, label_ids, self.num_labels),
            "text_video": contrast(0, 1, output.has_video),
            "text_audio": contrast(2, 3, output.has_audio),
        }

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last linear layer."""
        return self.classifier.weight, self.classifier.bias


def build(task: Task, settings: Any) -> MIAR:
    """The model for a task, with its pre-trained encoder.

    Raises:
        UserError: the encoder's width cannot be split among the heads.
    """
    encoder = load_encoder(task.text_backbone, heads=settings.heads)
    return MIAR(
        encoder,
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        num_classes=task.num_classes,
        num_labels=task.num_labels,
        settings=settings,
    )
