"""A whole method plugin: the mean token of the encoder beside the mean video and audio frame, and a linear layer."""

from dataclasses import dataclass

import torch
from torch import nn

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.frames import as_frames, masked_mean
from mia_plugins.nn.losses import task_loss
from mia_plugins.plugin import BasicOutput, Method


@dataclass(frozen=True)
class Settings:
    """What ``--set`` may change.

    Args:
        dropout_prob: dropout before the linear layer.
    """

    dropout_prob: float = 0.1


class MeanPool(nn.Module):
    """The model; :class:`mia_plugins.plugin.Model` says what it must offer."""

    pretrained = ("encoder",)

    def __init__(self, task, settings):
        super().__init__()
        self.encoder = load_encoder(task.text_backbone)
        self.num_labels = len(task.labels)
        width = self.encoder.dim + task.video_dim + task.audio_dim
        self.dropout = nn.Dropout(settings.dropout_prob)
        self.classifier = nn.Linear(width, task.num_classes)

    def forward(self, batch):
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        hidden = self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask.bool())
        parts = [masked_mean(hidden, mask)]
        for name in ("video", "audio"):
            parts.append(masked_mean(*as_frames(batch[f"{name}_feats"], batch[f"{name}_lengths"])))
        features = self.dropout(torch.cat(parts, dim=-1))
        return BasicOutput(self.classifier(features), features)

    def loss(self, output, label_ids):
        return task_loss(output.logits, label_ids, self.num_labels)

    def vim(self):
        return self.classifier.weight, self.classifier.bias


METHOD = Method(name="mean_pool", build=MeanPool, settings=Settings, configs="mean_pool.configs")
