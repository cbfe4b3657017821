"""The text-only baseline: the same encoder, normalization and linear layer, and nothing of video or audio."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.losses import classification_loss
from mia_plugins.plugin.method import Method, Output, Task


@dataclass(frozen=True)
class Settings:
    """The baseline has no hyper-parameters of its own."""


class TextModel(nn.Module):
    """First token of the encoder's last layer, LayerNorm, linear.

    Args:
        encoder: the pre-trained text encoder.
        num_classes: columns of the logits.
        num_labels: in-scope intents.
    """

    def __init__(self, encoder: TextEncoder, *, num_classes: int, num_labels: int) -> None:
        super().__init__()
        self.encoder, self.num_labels = encoder, num_labels
        self.norm = nn.LayerNorm(encoder.dim)
        self.classifier = nn.Linear(encoder.dim, num_classes)

    def forward(
        self,
        text_feats: Tensor,
        video_feats: Tensor | None = None,
        audio_feats: Tensor | None = None,
        video_lengths: Tensor | None = None,
        audio_lengths: Tensor | None = None,
    ) -> Output:
        """Scores a batch by its text; ``text_feats`` is ``(batch, 3, tokens)``: ids, mask, segments."""
        token_ids, mask, segment_ids = text_feats[:, 0], text_feats[:, 1].bool(), text_feats[:, 2]
        features = self.norm(self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask)[:, 0])
        return Output(self.classifier(features), features)

    def loss(self, output: Output, label_ids: Tensor) -> Tensor:
        """Cross-entropy; see :func:`classification_loss` for out-of-scope rows."""
        return classification_loss(output.logits, label_ids, self.num_labels)

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last linear layer."""
        return self.classifier.weight, self.classifier.bias


def build(task: Task, settings: Settings) -> TextModel:
    """The baseline for a task."""
    encoder = load_encoder(task.text_backbone)
    return TextModel(encoder, num_classes=task.num_classes, num_labels=len(task.labels))


METHOD = Method(name="text", build=build, settings=Settings, configs="mia_plugins.configs.text")
