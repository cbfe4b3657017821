"""Which clips share a batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import Sampler

from ..distributed import WHOLE, Share, from_first
from ..errors import UserError

WINDOW = 32  # batches among which clips of similar length are sought


class LengthBatches(Sampler[list[int]]):
    """Batches of clips of similar length; random ones are padded to twice their size, and padding is computed in vain.

    Shuffled, each pass draws a new order from torch's global random state, sorts windows of :data:`WINDOW` batches by
    length, cuts them into batches and shuffles these. Otherwise the batches are those of all clips sorted by
    length, the longest first, so that too small a memory shows at once.

    Of several processes each takes its part of every batch if shuffled (training), else whole batches in turn.

    Args:
        lengths: of each clip.
        batch_size: clips a batch, of all processes together; what is left over makes a smaller one.
        shuffle: for training.
        share: which of several processes this is.

    Raises:
        UserError: a process would get no clip of a training batch.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int, shuffle: bool, share: Share = WHOLE) -> None:
        self.lengths, self.batch_size, self.shuffle, self.share = lengths, batch_size, shuffle, share
        if shuffle and share.processes > min(batch_size, max(len(lengths), 1)):
            raise UserError(
                f"train_batch_size={batch_size} and {len(lengths)} clips are too few for {share.processes} processes; "
                "start fewer"
            )

    def __len__(self) -> int:
        whole, left = divmod(len(self.lengths), self.batch_size)
        if self.shuffle:
            return whole + (left >= self.share.processes)
        return len(range(self.share.rank, whole + (left > 0), self.share.processes))

    def __iter__(self) -> Iterator[list[int]]:
        rank, processes = self.share
        if not self.shuffle:
            return iter(self.cut(np.arange(len(self.lengths)))[rank::processes])
        seed = from_first(int(torch.empty((), dtype=torch.int64).random_()))
        draw = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(self.lengths), generator=draw).numpy()
        window = self.batch_size * WINDOW
        batches = [batch for at in range(0, len(order), window) for batch in self.cut(order[at : at + window])]
        if batches and len(batches[-1]) < processes:  # too few for all: they join another batch
            left = batches.pop()
            batches[-1] += left
        places = torch.randperm(len(batches), generator=draw).tolist()
        return iter([batches[place][rank::processes] for place in places])

    def cut(self, clips: np.ndarray) -> list[list[int]]:
        """Batches of some clips, longest first."""
        ordered = clips[np.argsort(-self.lengths[clips], kind="stable")].tolist()
        return [ordered[at : at + self.batch_size] for at in range(0, len(ordered), self.batch_size)]
