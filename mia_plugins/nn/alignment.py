"""Alignment of video and audio to the length of the text: ``Align`` in Eq. 4 and 6 ("same method as [8]").

Each returns a mask beside the aligned frames; it is false everywhere for a clip that has no frames.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

NAMES = ("ctc", "conv1d", "avg_pool", "none")


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

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """``frames`` ``(batch, frames, dim)``, ``mask`` true on real ones; returns ``(batch, length, dim)``, its mask."""
        # the LSTM runs forward in time, so padding behind a clip cannot reach its real frames
        # in float32: autocast would take float16 on a GPU, whatever was asked for, and not every CPU has a bfloat16 LSTM
        with torch.autocast(frames.device.type, enabled=False):
            weights = self.positions(frames)[0].softmax(dim=-1)[..., 1:] * mask[..., None]
        aligned = weights.transpose(1, 2) @ frames
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
    if name == "ctc":
        return CTCAlignment(dim, length)
    if name == "conv1d":
        return Conv1dAlignment(max_frames, length)
    if name == "avg_pool":
        return AveragePoolAlignment(length)
    return NoAlignment()
