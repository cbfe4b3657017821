"""Alignment of video and audio to the length of the text: ``Align`` in Eq. 4 and 6 ("same method as [8]").

``ctc`` is the paper's. It normalizes over the positions, so in the end every frame has nearly the same weight. With
``salience`` the frames of a clip compete, and one of many can have nearly all the weight (see docs/results.md).

Each returns a mask beside the aligned frames; it is false everywhere for a clip that has no frames.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

NAMES = ("salience", "ctc", "conv1d", "avg_pool", "none")


class CTCAlignment(nn.Module):
    """MAG-BERT's alignment as the benchmark has it: a learned soft assignment of frames to text positions.

    A two-layer LSTM reads the frames; a softmax gives each frame a distribution over the text positions and a blank.
    The blank is dropped, and each position takes the weighted sum of the frames. Padded frames weigh nothing.

    Args:
        dim: width of a frame.
        length: number of text positions.
    """

    def __init__(self, dim: int, length: int) -> None:
        super().__init__()
        self.positions = nn.LSTM(dim, length + 1, num_layers=2, batch_first=True)

    def weights(self, frames: Tensor, mask: Tensor) -> Tensor:
        """What each position takes of each frame, ``(batch, length, frames)``; arguments as of :meth:`forward`."""
        # the LSTM runs forward in time, so padding behind a clip cannot reach its real frames
        # in float32: autocast would take float16 on a GPU, whatever was asked for, and not every CPU has a bfloat16 LSTM
        with torch.autocast(frames.device.type, enabled=False):
            weights = self.positions(frames)[0].softmax(dim=-1)[..., 1:] * mask[..., None]
        return weights.transpose(1, 2)

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """``frames`` ``(batch, frames, dim)``, ``mask`` true on real ones; returns ``(batch, length, dim)``, its mask."""
        aligned = self.weights(frames, mask) @ frames
        return aligned, mask.any(dim=1, keepdim=True).expand(aligned.shape[:2])


class SalienceAlignment(nn.Module):
    """Chooses the frames that matter, ``sum_t softmax_t(W_2 gelu(W_1 LayerNorm(f_t))) f_t``: one position for all tokens.

    Padded frames weigh nothing; a clip without frames gives zeros.

    Args:
        dim: width of a frame.
        hidden: width of the small network that looks at each frame.
    """

    def __init__(self, dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.salience = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, 1))

    def weights(self, frames: Tensor, mask: Tensor) -> Tensor:
        """How much each frame weighs, ``(batch, 1, frames)``; arguments as of :meth:`forward`."""
        salience = self.salience(frames)[..., 0].float()
        # finite, as a clip may have no frames
        weights = salience.masked_fill(~mask, torch.finfo(salience.dtype).min).softmax(dim=1)
        return (weights * mask)[:, None].to(frames.dtype)

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """``frames`` ``(batch, frames, dim)``, ``mask`` true on real ones; returns ``(batch, 1, dim)`` and its mask."""
        aligned = self.weights(frames, mask) @ frames
        return aligned, mask.any(dim=1, keepdim=True).expand(aligned.shape[:2])


class Conv1dAlignment(nn.Module):
    """A learned linear map from frame indices to text positions, one for all clips (kernel size 1, no bias).

    Args:
        max_frames: frames of the longest clip.
        length: number of text positions.
    """

    def __init__(self, max_frames: int, length: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(length, max_frames))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As :meth:`CTCAlignment.forward`."""
        aligned = self.weight[:, : frames.shape[1]] @ (frames * mask[..., None])
        return aligned, mask.any(dim=1, keepdim=True).expand(aligned.shape[:2])


class AveragePoolAlignment(nn.Module):
    """Cuts each clip's real frames into ``length`` consecutive, nearly equal parts and averages each.

    A clip with fewer frames than positions keeps its frames; the other positions are masked.
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As :meth:`CTCAlignment.forward`."""
        count = mask.sum(dim=1, keepdim=True)
        parts = count.clamp(max=self.length)
        step = torch.arange(frames.shape[1], device=frames.device)
        part = torch.where(mask, step * parts // count.clamp(min=1), -1)
        member = (part[:, None, :] == torch.arange(self.length, device=frames.device)[:, None]).to(frames.dtype)
        size = member.sum(dim=-1, keepdim=True)
        return member @ frames / size.clamp(min=1), size[..., 0] > 0


class NoAlignment(nn.Module):
    """Hands the frames on; the cross-attention reads them as they are."""

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As :meth:`CTCAlignment.forward`, with the frames' own length."""
        return frames, mask


def build_alignment(name: str, *, dim: int, max_frames: int, length: int) -> nn.Module:
    """The alignment called ``name`` (one of :data:`NAMES`) for frames of width ``dim``."""
    if name == "salience":
        return SalienceAlignment(dim)
    if name == "ctc":
        return CTCAlignment(dim, length)
    if name == "conv1d":
        return Conv1dAlignment(max_frames, length)
    if name == "avg_pool":
        return AveragePoolAlignment(length)
    return NoAlignment()
