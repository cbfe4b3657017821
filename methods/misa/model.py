"""MISA, put together: one vector a modality, its shared and private parts, their fusion, and the decoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.frames import Frames, as_frames, masked_mean, pad_frames
from mia_plugins.nn.losses import task_loss
from mia_plugins.plugin.task import Task

from .losses import adversarial, difference, reconstruction, similarity
from .recurrent import RecurrentEncoder
from .settings import HEADS, Settings


class MISAOutput(NamedTuple):
    """``logits`` ``(batch, num_classes)``, ``features`` ``(batch, 3 * width)``; of text, video, audio ``(batch, 3, ...)``.

    ``present`` ``(batch, 3)`` bool: which of them a clip has; what the others hold of those it lacks is arbitrary.
    ``projected``, ``shared``, ``private`` and ``decoded`` are ``(batch, 3, width)``; ``domains`` ``(batch, 3, 3)``, the
    discriminator's logits, None without one.
    """

    logits: Tensor
    features: Tensor
    present: Tensor
    projected: Tensor
    shared: Tensor
    private: Tensor
    decoded: Tensor
    domains: Tensor | None


class MISA(nn.Module):
    """The model and its losses.

    With u_m a modality's vector, projected to a common width::

        s_m = sigmoid(W_s u_m)        p_m = sigmoid(W_m u_m)        decoded_m = D_m (p_m + s_m)
        features = relu(W [T(p_t, p_v, p_a, s_t, s_v, s_a)])

    where T is a transformer layer over the six vectors and the brackets join them. The vectors of a modality that a clip
    lacks are not read and count as zero.

    Args:
        encoder: the pre-trained text encoder.
        settings: widths, dropout, weights of the losses.
        video_dim, audio_dim: width of a frame.
        num_classes: columns of the logits.
        num_labels: in-scope intents.
    """

    pretrained = ("encoder",)

    def __init__(
        self,
        encoder: TextEncoder,
        settings: Settings,
        *,
        video_dim: int,
        audio_dim: int,
        num_classes: int,
        num_labels: int,
    ) -> None:
        super().__init__()
        self.encoder, self.settings, self.num_labels = encoder, settings, num_labels
        width = settings.hidden_size
        self.video, self.audio = RecurrentEncoder(video_dim), RecurrentEncoder(audio_dim)
        self.project = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, width), nn.ReLU(), nn.LayerNorm(width))
            for dim in (encoder.dim, self.video.dim, self.audio.dim)
        )
        self.private = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.shared = nn.Linear(width, width)
        self.decoder = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.discriminator = None
        if not settings.use_cmd_sim:
            self.discriminator = nn.Sequential(
                nn.Linear(width, width), nn.ReLU(), nn.Dropout(settings.dropout_rate), nn.Linear(width, 3)
            )
        self.transformer = nn.TransformerEncoderLayer(width, HEADS, batch_first=True)
        self.fusion = nn.Sequential(nn.Linear(6 * width, 3 * width), nn.Dropout(settings.dropout_rate), nn.ReLU())
        self.classifier = nn.Linear(3 * width, num_classes)

    def modalities(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """One vector each for text, video and audio: the mean token, and the states of the recurrent layers."""
        token_ids, mask, segment_ids = batch["text_feats"].unbind(dim=1)
        mask = mask.bool()
        video = as_frames(batch["video_feats"], batch["video_lengths"])
        audio = as_frames(batch["audio_feats"], batch["audio_lengths"])
        if self.settings.host:
            video, audio = (
                Frames(pad_frames(frames, mask.shape[1]).values, mask & frames.present[:, None])
                for frames in (video, audio)
            )
        text = self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask)
        return masked_mean(text, mask), self.video(*video), self.audio(*audio)

    def forward(self, batch: Mapping[str, Tensor]) -> MISAOutput:
        """Scores a batch."""
        has_video, has_audio = batch["video_lengths"] > 0, batch["audio_lengths"] > 0
        present = torch.stack([torch.ones_like(has_video), has_video, has_audio], dim=1)
        vectors = [project(vector) for project, vector in zip(self.project, self.modalities(batch))]
        projected = torch.stack(vectors, dim=1)
        shared = self.shared(projected).sigmoid()
        private = torch.stack([layer(vector).sigmoid() for layer, vector in zip(self.private, vectors)], dim=1)
        both = (private + shared).unbind(dim=1)
        decoded = torch.stack([decode(vector) for decode, vector in zip(self.decoder, both)], dim=1)
        domains = None
        if self.discriminator is not None:
            weight = self.settings.reverse_grad_weight
            # the same value, with its gradient reversed
            domains = self.discriminator((1 + weight) * shared.detach() - weight * shared)
        absent = ~present.repeat(1, 2)
        read = self.transformer(torch.cat([private, shared], dim=1), src_key_padding_mask=absent)
        features = self.fusion(read.masked_fill(absent[..., None], 0).flatten(1))
        return MISAOutput(self.classifier(features), features, present, projected, shared, private, decoded, domains)

    def loss(self, output: MISAOutput, label_ids: Tensor) -> dict[str, Tensor]:
        """The four terms, each with its weight; only the classification looks at labels."""
        settings, present = self.settings, output.present
        if output.domains is None:
            alike = {"cmd": settings.sim_weight * similarity(output.shared, present)}
        else:
            alike = {"adversarial": settings.sim_weight * adversarial(output.domains, present)}
        return {
            "classification": task_loss(output.logits, label_ids, self.num_labels),
            "difference": settings.diff_weight * difference(output.private, output.shared, present),
            **alike,
            "reconstruction": settings.recon_weight * reconstruction(output.decoded, output.projected, present),
        }

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last linear layer."""
        return self.classifier.weight, self.classifier.bias


def build(task: Task, settings: Settings) -> MISA:
    """The model for a task."""
    return MISA(
        load_encoder(task.text_backbone),
        settings,
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        num_classes=task.num_classes,
        num_labels=task.num_labels,
    )
