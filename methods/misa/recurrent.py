"""A clip's frames as one vector: the final states of two recurrent layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from mia_plugins.nn.frames import zero_absent


class RecurrentEncoder(nn.Module):
    """Two bidirectional LSTMs with a normalization between them.

    The result joins the final states of the first and the second in one direction, then in the other.

    Args:
        width: of a frame, and of each LSTM's state.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.LSTM(width, width, bidirectional=True, batch_first=True)
        self.norm = nn.LayerNorm(2 * width)
        self.second = nn.LSTM(2 * width, width, bidirectional=True, batch_first=True)
        self.dim = 4 * width

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """``values`` ``(batch, frames, width)``, ``mask`` true on real ones, which come first; ``(batch, dim)``.

        Zeros where a clip has no frames.
        """
        # in float32: autocast would take float16 on a GPU, whatever was asked for, and not every CPU has a bfloat16 LSTM
        with torch.autocast(values.device.type, enabled=False):
            lengths = mask.sum(dim=1).clamp(min=1).cpu()  # packed sequences are not empty
            frames = pack_padded_sequence(values.float(), lengths, batch_first=True, enforce_sorted=False)
            hidden, (first, _) = self.first(frames)
            _, (second, _) = self.second(hidden._replace(data=self.norm(hidden.data)))
        return zero_absent(torch.cat([first, second], dim=-1).transpose(0, 1).flatten(1), mask.any(dim=1))
