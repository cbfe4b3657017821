"""The multimodal adaptation gate of MAG-BERT (Rahman et al., ACL 2020), on aligned video and audio."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .frames import Frames, zero_absent

EPSILON = 1e-6  # keeps a displacement of zero from being divided by


class MAG(nn.Module):
    """Shifts text embeddings by a gated, bounded displacement that video and audio make.

    For the text embedding t at a position, with video v and audio a aligned to it::

        g_v = relu(W_gv [v; t] + b_gv)        g_a = relu(W_ga [a; t] + b_ga)
        h = g_v * (W_v v + b_v) + g_a * (W_a a + b_a)
        alpha = min(beta * |t| / |h|, 1)
        out = Dropout(LayerNorm(t + alpha h))

    A modality that a clip lacks adds nothing to h.

    Args:
        dim: width of the text embeddings.
        video_dim, audio_dim: width of a frame.
        video_align, audio_align: alignment of frames to the text's positions (:mod:`.alignment`).
        beta: the longest displacement, as a multiple of the text embedding's norm.
        dropout: probability, of the result.
    """

    def __init__(
        self,
        *,
        dim: int,
        video_dim: int,
        audio_dim: int,
        video_align: nn.Module,
        audio_align: nn.Module,
        beta: float,
        dropout: float,
    ) -> None:
        super().__init__()
        self.video_align, self.audio_align, self.beta = video_align, audio_align, beta
        self.video_gate, self.audio_gate = nn.Linear(video_dim + dim, dim), nn.Linear(audio_dim + dim, dim)
        self.video, self.audio = nn.Linear(video_dim, dim), nn.Linear(audio_dim, dim)
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, text: Tensor, video: Frames, audio: Frames) -> Tensor:
        """``text`` ``(batch, length, dim)``; returns the same shape.

        ``length`` may be less than that of the alignments, where a batch has shorter texts.
        """
        length = text.shape[1]
        aligned = self.video_align(*video)[0][:, :length], self.audio_align(*audio)[0][:, :length]
        return self.shift(text, *aligned, video.present, audio.present)

    def shift(self, text: Tensor, video: Tensor, audio: Tensor, has_video: Tensor, has_audio: Tensor) -> Tensor:
        """``video`` ``(batch, length, video_dim)`` and ``audio`` ``(batch, length, audio_dim)`` are aligned already.

        ``has_video`` and ``has_audio`` ``(batch,)`` are true for the clips that have them.
        """
        video_gate = F.relu(self.video_gate(torch.cat([video, text], dim=-1)))
        audio_gate = F.relu(self.audio_gate(torch.cat([audio, text], dim=-1)))
        seen, heard = video_gate * self.video(video), audio_gate * self.audio(audio)
        displacement = zero_absent(seen, has_video) + zero_absent(heard, has_audio)
        ratio = text.norm(dim=-1, keepdim=True) / (displacement.norm(dim=-1, keepdim=True) + EPSILON)
        return self.dropout(self.norm(text + (self.beta * ratio).clamp(max=1) * displacement))
