"""CAGC, put together: text, audio, and video in the context of similar training clips; local and global contrast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.bank import Bank
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.frames import as_frames, masked_mean
from mia_plugins.nn.labels import in_scope, label_sets, share
from mia_plugins.nn.losses import supervised_contrast, task_loss
from mia_plugins.plugin.task import Task

from .context import ContextTransformer
from .neighbours import kept, nearest
from .settings import Settings


class CAGCOutput(NamedTuple):
    """``logits`` ``(batch, num_classes)``; ``features``: h_g; ``text``, ``audio``, ``video``: h_t and the mean frames.

    These are ``(batch, dim)``, zeros where a clip lacks the modality; ``has_audio``, ``has_video`` ``(batch,)`` bool.
    """

    logits: Tensor
    features: Tensor
    text: Tensor
    audio: Tensor
    video: Tensor
    has_audio: Tensor
    has_video: Tensor


class CAGC(nn.Module):
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
        self.bank = Bank("frames", "label_ids")  # of every in-scope training clip: its mean frame and its label
        self.video = nn.Sequential(nn.LayerNorm(video_dim), nn.Linear(video_dim, dim))
        self.audio = nn.Sequential(nn.LayerNorm(audio_dim), nn.Linear(audio_dim, dim))
        self.context = ContextTransformer(dim, settings.heads)
        self.fusion = nn.Linear(3 * dim, dim)
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(settings.dropout_prob)
        self.classifier = nn.Linear(dim, num_classes)

    def neighbours(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Rows in the bank of each clip's neighbours, the nearest first, and which are kept: ``(batch, k)`` both."""
        mean = masked_mean(*as_frames(batch["video_feats"], batch["video_lengths"]))
        index, present = nearest(mean, self.bank.frames, batch["train_place"], self.settings.neighbours)
        labels = label_sets(self.bank.label_ids)[index]
        keep = kept(labels, present, self.settings.test_neighbours)
        if "label_ids" in batch and self.settings.train_neighbours == "same_label":
            own, known = label_sets(batch["label_ids"]), in_scope(batch["label_ids"], self.num_labels)
            keep = torch.where(known[:, None], present & share(labels, own[:, None]), keep)  # others as in a test
        return index, keep

    def forward(self, batch: Mapping[str, Tensor]) -> CAGCOutput:
        """Scores a batch."""
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        text = self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask.bool())[:, 0]  # h_t
        seen = as_frames(batch["video_feats"], batch["video_lengths"])
        heard = as_frames(batch["audio_feats"], batch["audio_lengths"])
        index, keep = self.neighbours(batch)
        video = self.video(seen.values)  # h_v
        in_context = self.context(video, self.video(self.bank.frames[index]), keep)  # h_cv
        audio = masked_mean(self.audio(heard.values), heard.mask)  # h_a
        fused = self.fusion(self.dropout(torch.cat([text, masked_mean(in_context, seen.mask), audio], dim=-1)))
        features = self.norm(fused)  # h_g
        mean = masked_mean(video, seen.mask)
        return CAGCOutput(self.classifier(features), features, text, audio, mean, heard.present, seen.present)

    def loss(self, output: CAGCOutput, label_ids: Tensor) -> dict[str, Tensor]:
        """Classification, local contrasts of text with audio and video, global contrast of text with h_g.

        A clip that lacks audio or video takes no part in its local contrast.
        """

        def contrast(other: Tensor, present: Tensor | None = None) -> Tensor:
            return supervised_contrast(
                output.text,
                other,
                label_ids,
                num_labels=self.num_labels,
                temperature=self.settings.temperature,
                present=present,
            )

        return {
            "classification": task_loss(output.logits, label_ids, self.num_labels),
            "text_audio": self.settings.local_weight * contrast(output.audio, output.has_audio),
            "text_video": self.settings.local_weight * contrast(output.video, output.has_video),
            "global": self.settings.global_weight * contrast(output.features),
        }

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last linear layer."""
        return self.classifier.weight, self.classifier.bias


def prepare(model: CAGC, reference: Iterable[Mapping[str, Tensor]], device: torch.device) -> None:
    """Fills the bank with the mean frame and the label of every in-scope training clip, in their order.

    Zeros stand for a clip without video, which is nobody's neighbour.
    """
    rows = [(masked_mean(*as_frames(b["video_feats"], b["video_lengths"])), b["label_ids"]) for b in reference]
    frames, label_ids = zip(*rows)
    model.bank.fill(frames=torch.cat(frames).to(device), label_ids=torch.cat(label_ids).to(device))


def build(task: Task, settings: Any) -> CAGC:
    """The model for a task, with its pre-trained encoder.

    Raises:
        UserError: the encoder's width cannot be split among the heads.
    """
    encoder = load_encoder(task.text_backbone, heads=settings.heads)
    return CAGC(
        encoder,
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        num_classes=task.num_classes,
        num_labels=task.num_labels,
        settings=settings,
    )
