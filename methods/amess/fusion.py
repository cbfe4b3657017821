"""Anchor-based multimodal embedding, A-ME (Eq. 4-13), and the plain fusion that stands in for it in the ablation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mia_plugins.nn.alignment import build_alignment
from mia_plugins.nn.attention import CrossAttention
from mia_plugins.nn.frames import Frames, masked_mean, zero_absent

from .anchors import Anchors, select_anchors
from .attention import AnchorCrossAttention


class AnchorEmbedding(nn.Module):
    """A-ME: enriches text embeddings with what the anchors of video and audio carry (Eq. 4-13).

    A modality that a clip lacks has no anchors, and its term of Eq. 13 is zero. Without both, ``E_m`` is the text.

    Args:
        dim: width of the text embeddings, ``d_t``.
        heads: heads of the cross-attention blocks.
        video_align, audio_align: alignment modules for frames of ``video_dim`` and ``audio_dim``.
        num_anchors: ``k``.
        dropout: probability.
        residual: residual on the query in Eq. 4, 6, 11 and 12.
    """

    def __init__(
        self,
        *,
        dim: int,
        heads: int,
        video_dim: int,
        audio_dim: int,
        video_align: nn.Module,
        audio_align: nn.Module,
        num_anchors: int,
        dropout: float,
        residual: bool,
    ) -> None:
        super().__init__()
        self.num_anchors = num_anchors
        self.video_align, self.audio_align = video_align, audio_align
        self.video_cross = CrossAttention(dim, video_dim, heads, dropout, residual)
        self.audio_cross = CrossAttention(dim, audio_dim, heads, dropout, residual)
        self.audio_to_video = AnchorCrossAttention(dim, dropout)
        self.video_to_audio = AnchorCrossAttention(dim, dropout)
        self.video_temporal = CrossAttention(dim, dim, heads, dropout, residual)
        self.audio_temporal = CrossAttention(dim, dim, heads, dropout, residual)
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def anchors(
        self, text: Tensor, mask: Tensor, video: Frames, audio: Frames
    ) -> tuple[Tensor, Tensor, Anchors, Anchors]:
        """Fused embeddings and anchors of video and audio (Eq. 4-7)."""
        fused_v = self.video_cross(text, *self.video_align(*video))  # Eq. 4
        anchors_v = select_anchors(text, fused_v, mask & video.present[:, None], self.num_anchors)  # Eq. 5
        fused_a = self.audio_cross(text, *self.audio_align(*audio))  # Eq. 6
        anchors_a = select_anchors(text, fused_a, mask & audio.present[:, None], self.num_anchors)  # Eq. 7
        return fused_v, fused_a, anchors_v, anchors_a

    def forward(self, text: Tensor, mask: Tensor, video: Frames, audio: Frames) -> Tensor:
        """``text`` ``(batch, length, dim)`` with its ``mask``; returns ``E_m``, of the same shape."""
        fused_v, fused_a, anchors_v, anchors_a = self.anchors(text, mask, video, audio)
        enriched_v = self.audio_to_video(anchors_v.tokens, anchors_a.tokens, anchors_a.mask)  # Eq. 8, 9
        enriched_a = self.video_to_audio(anchors_a.tokens, anchors_v.tokens, anchors_v.mask)  # Eq. 8, 10
        mixed_a = self.audio_temporal(fused_a, enriched_a, anchors_a.mask)  # Eq. 11
        mixed_v = self.video_temporal(fused_v, enriched_v, anchors_v.mask)  # Eq. 12
        mixed = zero_absent(mixed_v, video.present) + zero_absent(mixed_a, audio.present)
        return text_where_alone(text, self.dropout(self.norm(mixed)), video, audio)  # Eq. 13


class SumEmbedding(nn.Module):
    """Without A-ME: the mean video and audio frame, projected to the text's width, added to every token.

    Args:
        dim, video_dim, audio_dim: widths.
        dropout: probability.
    """

    def __init__(self, *, dim: int, video_dim: int, audio_dim: int, dropout: float) -> None:
        super().__init__()
        self.video = nn.Sequential(nn.LayerNorm(video_dim), nn.Linear(video_dim, dim))
        self.audio = nn.Sequential(nn.LayerNorm(audio_dim), nn.Linear(audio_dim, dim))
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, text: Tensor, mask: Tensor, video: Frames, audio: Frames) -> Tensor:
        """As :meth:`AnchorEmbedding.forward`."""
        seen = zero_absent(self.video(masked_mean(*video)), video.present)
        heard = zero_absent(self.audio(masked_mean(*audio)), audio.present)
        embedded = self.dropout(self.norm(text + (seen + heard)[:, None]))
        return text_where_alone(text, embedded, video, audio)


def text_where_alone(text: Tensor, embedded: Tensor, video: Frames, audio: Frames) -> Tensor:
    """``embedded``, but ``text`` for clips that have neither video nor audio; both ``(batch, length, dim)``."""
    return torch.where((video.present | audio.present)[:, None, None], embedded, text)


class IdentityStart(nn.Module):
    """Begins as the identity on the text: ``E_text + s * E_m`` with a learned scale per channel (reading 15).

    The pre-trained encoder above then gets the input it knows, and learns how much of the fusion to take. For a clip of
    the text alone it gets ``E_text``.

    Args:
        fusion: the module that makes ``E_m``.
        dim: width.
        start: first value of every channel of ``s``.
    """

    def __init__(self, fusion: nn.Module, dim: int, start: float = 0.1) -> None:
        super().__init__()
        self.fusion = fusion
        self.scale = nn.Parameter(torch.full((dim,), start))

    def forward(self, text: Tensor, mask: Tensor, video: Frames, audio: Frames) -> Tensor:
        """As :meth:`AnchorEmbedding.forward`."""
        embedded = self.fusion(text, mask, video, audio)
        return text + zero_absent(self.scale * embedded, video.present | audio.present)


def build_fusion(
    *,
    dim: int,
    heads: int,
    video_dim: int,
    audio_dim: int,
    text_length: int,
    video_length: int,
    audio_length: int,
    anchor_embedding: bool,
    aligned_method: str,
    num_anchors: int,
    dropout: float,
    residual: bool,
    fusion_start: str,
) -> nn.Module:
    """The fusion that the settings ask for; lengths are maxima in tokens and frames."""
    if anchor_embedding:
        fusion: nn.Module = AnchorEmbedding(
            dim=dim,
            heads=heads,
            video_dim=video_dim,
            audio_dim=audio_dim,
            video_align=build_alignment(aligned_method, dim=video_dim, max_frames=video_length, length=text_length),
            audio_align=build_alignment(aligned_method, dim=audio_dim, max_frames=audio_length, length=text_length),
            num_anchors=num_anchors,
            dropout=dropout,
            residual=residual,
        )
    else:
        fusion = SumEmbedding(dim=dim, video_dim=video_dim, audio_dim=audio_dim, dropout=dropout)
    return IdentityStart(fusion, dim) if fusion_start == "identity" else fusion
