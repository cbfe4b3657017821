"""Which clips share a batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import Sampler

from ..errors import UserError
from ..system.processes import ALONE, World, from_first

WINDOW = 32  # batches among which clips of similar length are sought


class LengthBatches(Sampler[list[int]]):
    """Batches of clips of similar length; random ones are padded to twice their size, and padding is computed in vain.

    Shuffled, each pass draws a new order from torch's global random state, sorts windows of :data:`WINDOW` batches by
    length, cuts them into batches and shuffles these. Otherwise the batches are those of all clips sorted by
    length, the longest first, so that too small a memory shows at once. Not ``by_length``, they are those of a torch
    DataLoader with the same random state, as in the benchmark's code.

    Of several processes each takes its part of every batch if shuffled (training), else whole batches in turn.

    Args:
        lengths: of each clip.
        batch_size: clips a batch, of all processes together; what is left over makes a smaller one.
        shuffle: for training.
        by_length: false: batches of any clips.
        world: which of several processes this is.

    Raises:
        UserError: a process would get no clip of a training batch.
    """

    def __init__(
        self, lengths: np.ndarray, batch_size: int, shuffle: bool, by_length: bool = True, world: World = ALONE
    ) -> None:
        self.lengths, self.batch_size, self.shuffle = lengths, batch_size, shuffle
        self.by_length, self.world = by_length, world
        if shuffle and world.world_size > min(batch_size, max(len(lengths), 1)):
            raise UserError(
                f"train_batch_size={batch_size} and {len(lengths)} clips are too few for {world.world_size} processes; "
                "start fewer"
            )

    def __len__(self) -> int:
        whole, left = divmod(len(self.lengths), self.batch_size)
        if self.shuffle:
            return whole + (left >= self.world.world_size)
        return len(range(self.world.rank, whole + (left > 0), self.world.world_size))

    def __iter__(self) -> Iterator[list[int]]:
        rank, world_size = self.world
        if not self.shuffle:
            yield from self.cut(np.arange(len(self.lengths)))[rank::world_size]
            return
        # drawn when the first batch is asked for, as torch's own sampler does
        seed = from_first(int(torch.empty((), dtype=torch.int64).random_()))
        draw = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(self.lengths), generator=draw).numpy()
        window = self.batch_size * WINDOW if self.by_length else max(len(order), 1)
        batches = [batch for at in range(0, len(order), window) for batch in self.cut(order[at : at + window])]
        if batches and len(batches[-1]) < world_size:  # too few for all: they join another batch
            left = batches.pop()
            batches[-1] += left
        places = torch.randperm(len(batches), generator=draw).tolist() if self.by_length else range(len(batches))
        yield from (batches[place][rank::world_size] for place in places)

    def cut(self, clips: np.ndarray) -> list[list[int]]:
        """Batches of some clips, longest first or as they come."""
        ordered = (clips[np.argsort(-self.lengths[clips], kind="stable")] if self.by_length else clips).tolist()
        return [ordered[at : at + self.batch_size] for at in range(0, len(ordered), self.batch_size)]
