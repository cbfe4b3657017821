"""The baseline's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.losses import task_loss
from mia_plugins.plugin.method import BasicOutput
from mia_plugins.plugin.task import Task


class TextModel(nn.Module):
    """First token of the encoder's last layer, LayerNorm, linear.

    Args:
        encoder: the pre-trained text encoder.
        num_classes: columns of the logits.
        num_labels: in-scope intents.
    """

    pretrained = ("encoder",)

    def __init__(self, encoder: TextEncoder, *, num_classes: int, num_labels: int) -> None:
        super().__init__()
        self.encoder, self.num_labels = encoder, num_labels
        self.norm = nn.LayerNorm(encoder.dim)
        self.classifier = nn.Linear(encoder.dim, num_classes)

    def forward(self, batch: Mapping[str, Tensor]) -> BasicOutput:
        """Scores a batch by its text."""
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        features = self.norm(self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask.bool())[:, 0])
        return BasicOutput(self.classifier(features), features)

    def loss(self, output: BasicOutput, label_ids: Tensor) -> Tensor:
        """Cross-entropy; see :func:`mia_plugins.nn.losses.task_loss` for out-of-scope rows and other problems."""
        return task_loss(output.logits, label_ids, self.num_labels)

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last linear layer."""
        return self.classifier.weight, self.classifier.bias


def build(task: Task, settings: Any) -> TextModel:
    """The baseline for a task."""
    encoder = load_encoder(task.text_backbone)
    return TextModel(encoder, num_classes=task.num_classes, num_labels=len(task.labels))
