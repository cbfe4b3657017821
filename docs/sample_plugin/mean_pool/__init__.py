"""A whole method plugin: the mean word embedding beside the mean video and audio frame, and a linear layer."""

from dataclasses import dataclass

import torch
from torch import nn

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.losses import classification_loss
from mia_plugins.plugin.method import Method, Output


@dataclass(frozen=True)
class Settings:
    """What ``--set`` may change.

    Args:
        dropout_prob: dropout before the linear layer.
    """

    dropout_prob: float = 0.1


class MeanPool(nn.Module):
    """The model; see :class:`mia_plugins.plugin.method.Method` for what it must offer."""

    def __init__(self, task, settings):
        super().__init__()
        self.encoder = load_encoder(task.text_backbone)
        self.num_labels = len(task.labels)
        width = self.encoder.dim + task.video_dim + task.audio_dim
        self.dropout = nn.Dropout(settings.dropout_prob)
        self.classifier = nn.Linear(width, task.num_classes)

    def forward(self, text_feats, video_feats, audio_feats, video_lengths, audio_lengths):
        words = self.encoder.embed(text_feats[:, 0], text_feats[:, 2])
        mask = text_feats[:, 1, :, None].float()
        parts = [(words * mask).sum(1) / mask.sum(1)]
        for frames, lengths in ((video_feats, video_lengths), (audio_feats, audio_lengths)):
            parts.append(frames.sum(1) / lengths[:, None])  # padding is zero
        features = self.dropout(torch.cat(parts, dim=-1))
        return Output(self.classifier(features), features)

    def loss(self, output, label_ids):
        return classification_loss(output.logits, label_ids, self.num_labels)

    def vim(self):
        return self.classifier.weight, self.classifier.bias


METHOD = Method(name="mean_pool", build=MeanPool, settings=Settings, configs="mean_pool.configs")
