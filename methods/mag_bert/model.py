"""MAG-BERT, put together: text embeddings, the adaptation gate, the encoder's layers, its pooler, a linear layer."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from mia_plugins.errors import UserError
from mia_plugins.nn.alignment import build_alignment
from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.frames import as_frames
from mia_plugins.nn.losses import task_loss
from mia_plugins.nn.mag import MAG
from mia_plugins.plugin.method import BasicOutput
from mia_plugins.plugin.task import Task

from .settings import Settings


class MAGBert(nn.Module):
    """The model and its loss.

    Args:
        encoder: the pre-trained text encoder.
        pooler: its pooler. It learns like a new layer, and freezing the encoder leaves it to learn: many encoders come
            with a pooler that was never trained.
        mag: the gate between the encoder's embedding layer and its transformer layers.
        num_classes: columns of the logits.
        num_labels: in-scope intents.
    """

    pretrained = ("encoder",)

    def __init__(self, encoder: TextEncoder, pooler: nn.Module, mag: MAG, *, num_classes: int, num_labels: int) -> None:
        super().__init__()
        self.encoder, self.pooler, self.mag, self.num_labels = encoder, pooler, mag, num_labels
        self.dropout = nn.Dropout(encoder.config.hidden_dropout_prob)
        self.classifier = nn.Linear(encoder.dim, num_classes)

    def forward(self, batch: Mapping[str, Tensor]) -> BasicOutput:
        """Scores a batch."""
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        video = as_frames(batch["video_feats"], batch["video_lengths"])
        audio = as_frames(batch["audio_feats"], batch["audio_lengths"])
        shifted = self.mag(self.encoder.embed(token_ids, segment_ids), video, audio)
        features = self.dropout(self.pooler(self.encoder.encode(shifted, mask.bool())))
        return BasicOutput(self.classifier(features), features)

    def loss(self, output: BasicOutput, label_ids: Tensor) -> Tensor:
        """Cross-entropy; see :func:`mia_plugins.nn.losses.task_loss` for out-of-scope rows and other problems."""
        return task_loss(output.logits, label_ids, self.num_labels)

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last linear layer."""
        return self.classifier.weight, self.classifier.bias


def build(task: Task, settings: Settings) -> MAGBert:
    """The model for a task."""
    encoder = load_encoder(task.text_backbone, with_pooler=True)
    pooler, encoder.pooler = encoder.pooler, None
    if pooler is None:
        raise UserError(f"text backbone {task.text_backbone!r:.100}: has no pooler, which MAG-BERT needs; use bert-*")
    video_align, audio_align = (
        build_alignment(settings.aligned_method, dim=dim, max_frames=frames, length=task.text_length)
        for dim, frames in ((task.video_dim, task.video_length), (task.audio_dim, task.audio_length))
    )
    mag = MAG(
        dim=encoder.dim,
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        video_align=video_align,
        audio_align=audio_align,
        beta=settings.beta_shift,
        dropout=settings.dropout_prob,
    )
    return MAGBert(encoder, pooler, mag, num_classes=task.num_classes, num_labels=task.num_labels)
