"""The modality-aware prompt: learned context vectors into which video and audio are written."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mia_plugins.nn.alignment import CTCAlignment
from mia_plugins.nn.crossmodal import CrossmodalTransformer
from mia_plugins.nn.frames import Frames

EPSILON = 1e-9  # the shortest vector in a cosine
GAMMA = 1e-4  # first weight of what the transformer adds to the context


class SimilarityAlignment(nn.Module):
    """Frames for each vector of a context, by how similar they are.

    With c the frames after the CTC alignment to ``length`` places, y the context, and cos their cosines in a shared
    space::

        s = softmax(exp(scale) cos(W_y y, W_c c))
        out = sigmoid(W_2 relu(W_1 s)) c

    Args:
        dim: width of a frame.
        context_dim: width of the context.
        shared_dim: width of the shared space.
        length: places of the alignment.
    """

    def __init__(self, dim: int, context_dim: int, shared_dim: int, length: int) -> None:
        super().__init__()
        self.align = CTCAlignment(dim, length)
        self.frames, self.context = nn.Linear(dim, shared_dim), nn.Linear(context_dim, shared_dim)
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.narrow, self.widen = nn.Linear(length, round(length / 2)), nn.Linear(round(length / 2), length)

    def forward(self, frames: Frames, context: Tensor) -> Tensor:
        """``context`` ``(batch, n, context_dim)``; returns ``(batch, n, dim)``."""
        aligned = self.align(*frames)[0]
        shared = F.normalize(self.frames(aligned), dim=-1, eps=EPSILON)
        wanted = F.normalize(self.context(context), dim=-1, eps=EPSILON)
        similarity = (self.scale.exp() * wanted @ shared.transpose(1, 2)).softmax(dim=-1)
        return self.widen(F.relu(self.narrow(similarity))).sigmoid() @ aligned


class ModalityPrompt(nn.Module):
    """``P + gamma W_o T(P, video, audio)``: T the crossmodal transformer, P the learned context projected.

    Where a clip lacks video or audio, the other one is key and value; where it lacks both, T reads nothing.

    Args:
        length: of the prompt.
        dim: width of the encoder.
        video_dim, audio_dim: width of a frame.
        shared_dim: see :class:`SimilarityAlignment`.
        aligned_length: places of the alignments: the most positions of a text with its prompt and label.
        transformer: T, of width ``dim``.
        audio_keys: audio for keys and video for values, instead of video for keys and audio for values.
    """

    def __init__(
        self,
        *,
        length: int,
        dim: int,
        video_dim: int,
        audio_dim: int,
        shared_dim: int,
        aligned_length: int,
        transformer: CrossmodalTransformer,
        audio_keys: bool,
    ) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.empty(length, dim))
        nn.init.trunc_normal_(self.vectors)
        self.text_align = SimilarityAlignment(dim, dim, shared_dim, aligned_length)
        self.video_align = SimilarityAlignment(video_dim, dim, shared_dim, aligned_length)
        self.audio_align = SimilarityAlignment(audio_dim, dim, shared_dim, aligned_length)
        self.text = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim))
        self.video = nn.Sequential(nn.LayerNorm(video_dim), nn.Linear(video_dim, dim), nn.LayerNorm(dim))
        self.audio = nn.Sequential(nn.LayerNorm(audio_dim), nn.Linear(audio_dim, dim), nn.LayerNorm(dim))
        self.out = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim))
        self.gamma = nn.Parameter(torch.full((dim,), GAMMA))
        self.transformer, self.audio_keys = transformer, audio_keys

    def forward(self, video: Frames, audio: Frames) -> Tensor:
        """The prompt of each clip, ``(batch, length, dim)``."""
        batch, vectors = len(video.values), self.vectors[None]
        real = torch.ones(vectors.shape[:2], dtype=torch.bool, device=vectors.device)
        context = self.text_align(Frames(vectors, real), vectors).expand(batch, -1, -1)
        seen, heard = self.video(self.video_align(video, context)), self.audio(self.audio_align(audio, context))
        has_video, has_audio = video.present[:, None, None], audio.present[:, None, None]
        seen, heard = torch.where(has_video, seen, heard), torch.where(has_audio, heard, seen)
        key, value = (heard, seen) if self.audio_keys else (seen, heard)
        prompt, places = self.text(vectors).expand(batch, -1, -1), real.expand(batch, -1)
        read = self.transformer(prompt, places, key, value, places & (has_video | has_audio)[..., 0])
        return prompt + self.gamma * self.out(read)
