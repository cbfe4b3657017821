"""MulT, put together: projections, six crossmodal transformers, three on top of them, a residual head."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mia_plugins.nn.backbones import load_encoder
from mia_plugins.nn.crossmodal import CrossmodalTransformer
from mia_plugins.nn.encoder import TextEncoder
from mia_plugins.nn.frames import Frames, as_frames, pad_frames, zero_absent
from mia_plugins.nn.losses import task_loss
from mia_plugins.plugin.method import BasicOutput
from mia_plugins.plugin.task import Task

from .settings import Settings

MODALITIES = ("text", "audio", "video")
TOP_LAYERS = 3  # the self-attention on top has at least so many


class Projection(nn.Module):
    """A convolution over time to the common width, without a bias; none where the width is right already.

    Each result sees ``kernel`` tokens or frames, so a clip of n becomes one of n - kernel + 1; a clip that is shorter
    than the kernel becomes one element, made with zeros behind its end, and a clip of none stays one of none.

    Args:
        source, dim: widths.
        kernel: tokens or frames that each result sees.
    """

    def __init__(self, source: int, dim: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(source, dim, kernel, bias=False) if source != dim else None
        self.kernel = kernel

    def forward(self, values: Tensor, mask: Tensor, *, host: bool = False) -> Frames:
        """``values`` ``(batch, length, source)`` and their ``mask``; with ``host``, what stands in padding is read."""
        if self.conv is None:
            return Frames(values, mask)
        if not host:
            values = values * mask[..., None]
        values = F.pad(values, (0, 0, 0, max(0, self.kernel - values.shape[1])))
        projected = self.conv(values.transpose(1, 2)).transpose(1, 2)
        count = mask.sum(dim=1, keepdim=True)
        elements = (count - self.kernel + 1).clamp(min=1).minimum(count)
        return Frames(projected, torch.arange(projected.shape[1], device=mask.device) < elements)


class MulT(nn.Module):
    """The model and its loss.

    With X_t, X_a, X_v the projected modalities, CM a crossmodal transformer and SA one that reads itself::

        Z_t = last(SA([CM(X_t <- X_a); CM(X_t <- X_v)]))        Z_a, Z_v alike
        Z = [Z_t; Z_a; Z_v]
        features = Z + W_2 relu(W_1 Z)        logits = W features

    A modality that a clip lacks is not read, and its Z is zero.

    Args:
        encoder: the pre-trained text encoder.
        settings: widths, layers and dropouts.
        lengths: the most tokens or frames of a modality; read with ``host`` alone.
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
        lengths: Mapping[str, int],
        video_dim: int,
        audio_dim: int,
        num_classes: int,
        num_labels: int,
    ) -> None:
        super().__init__()
        self.encoder, self.num_labels = encoder, num_labels
        self.lengths = dict(lengths) if settings.host else None
        self.text_dropout = nn.Dropout(settings.text_dropout)
        sizes = {
            "text": (encoder.dim, settings.conv1d_kernel_size_l, settings.attn_dropout),
            "audio": (audio_dim, settings.conv1d_kernel_size_a, settings.attn_dropout_a),
            "video": (video_dim, settings.conv1d_kernel_size_v, settings.attn_dropout_v),
        }
        dim, layers = settings.dst_feature_dims, settings.n_levels

        def transformer(dim: int, layers: int, attn_dropout: float) -> CrossmodalTransformer:
            return CrossmodalTransformer(
                dim,
                settings.nheads,
                layers,
                attn_dropout=attn_dropout,
                relu_dropout=settings.relu_dropout,
                res_dropout=settings.res_dropout,
                embed_dropout=settings.embed_dropout,
                causal=settings.attn_mask,
                host=settings.host,
            )

        self.project = nn.ModuleDict(
            {name: Projection(source, dim, kernel) for name, (source, kernel, _) in sizes.items()}
        )
        self.cross = nn.ModuleDict(
            {f"{name}_from_{other}": transformer(dim, layers, sizes[other][2]) for name, other in pairs()}
        )
        self.top = nn.ModuleDict(
            {name: transformer(2 * dim, max(layers, TOP_LAYERS), settings.attn_dropout) for name in MODALITIES}
        )
        width = 2 * dim * len(MODALITIES)
        self.inner, self.outer = nn.Linear(width, width), nn.Linear(width, width)
        self.output_dropout = nn.Dropout(settings.output_dropout)
        self.classifier = nn.Linear(width, num_classes)

    def sequences(self, batch: Mapping[str, Tensor]) -> dict[str, Frames]:
        """The three modalities as they are read: text from the encoder's last layer."""
        text = batch["text_feats"]
        video = as_frames(batch["video_feats"], batch["video_lengths"])
        audio = as_frames(batch["audio_feats"], batch["audio_lengths"])
        if self.lengths is not None:
            text = F.pad(text * text[:, 1:2], (0, self.lengths["text"] - text.shape[2]))
            video, audio = pad_frames(video, self.lengths["video"]), pad_frames(audio, self.lengths["audio"])
        token_ids, mask, segment_ids = text.unbind(dim=1)
        hidden = self.encoder.encode(self.encoder.embed(token_ids, segment_ids), mask.bool())
        return {"text": Frames(self.text_dropout(hidden), mask.bool()), "audio": audio, "video": video}

    def forward(self, batch: Mapping[str, Tensor]) -> BasicOutput:
        """Scores a batch."""
        host = self.lengths is not None
        sequences = {name: self.project[name](*frames, host=host) for name, frames in self.sequences(batch).items()}
        read: dict[str, list[Tensor]] = {name: [] for name in MODALITIES}
        for name, other in pairs():
            query, source = sequences[name], sequences[other]
            transformer = self.cross[f"{name}_from_{other}"]
            read[name].append(transformer(*query, key=source.values, source_mask=source.mask))
        last = [
            self.last(self.top[name](torch.cat(read[name], dim=-1), sequences[name].mask), sequences[name].mask)
            for name in MODALITIES
        ]
        joined = torch.cat(last, dim=-1)
        features = joined + self.outer(self.output_dropout(F.relu(self.inner(joined))))
        return BasicOutput(self.classifier(features), features)

    def last(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The last element of each clip, zeros where it has none: ``(batch, length, dim)`` to ``(batch, dim)``."""
        count = mask.sum(dim=1)
        if self.lengths is not None:
            return zero_absent(hidden[:, -1], count > 0)
        last = hidden[torch.arange(len(hidden), device=hidden.device), (count - 1).clamp(min=0)]
        return zero_absent(last, count > 0)

    def loss(self, output: BasicOutput, label_ids: Tensor) -> Tensor:
        """Cross-entropy; see :func:`mia_plugins.nn.losses.task_loss` for out-of-scope rows and other problems."""
        return task_loss(output.logits, label_ids, self.num_labels)

    def vim(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the last linear layer."""
        return self.classifier.weight, self.classifier.bias


def pairs() -> list[tuple[str, str]]:
    """Every modality with each that it reads."""
    return [(name, other) for name in MODALITIES for other in MODALITIES if other != name]


def build(task: Task, settings: Settings) -> MulT:
    """The model for a task."""
    return MulT(
        load_encoder(task.text_backbone),
        settings,
        lengths={"text": task.text_length, "video": task.video_length, "audio": task.audio_length},
        video_dim=task.video_dim,
        audio_dim=task.audio_dim,
        num_classes=task.num_classes,
        num_labels=task.num_labels,
    )
