"""Which clips are in a batch together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import Sampler

from ..errors import UserError
from ..system.processes import ALONE, World, from_first

WINDOW = 32  # batches that are sorted by length together


class LengthBatches(Sampler[list[int]]):
    """Batches of clips of similar length.

    Every clip of a batch is padded to the longest one. In random batches half of all values are padding, and the
    time spent on it is wasted.

    - With ``shuffle`` (training), each pass draws a new order from torch's global random state, sorts windows of
      :data:`WINDOW` batches by length, cuts them into batches and shuffles the batches. Each of several processes
      takes its part of every batch.
    - Without it, all clips are sorted by length, the longest first, so that a lack of memory shows at once. The
      batches do not follow the order of the files. The processes take the batches in turn.
    - Without ``by_length`` the batches are those of a torch DataLoader with the same random state, as in the
      benchmark's code.

    Args:
        lengths: (clips,), of each clip.
        batch_size: clips of a batch, over all processes; the remaining clips make a smaller batch.
        shuffle: whether to draw a random order.
        by_length: whether to put clips of similar length together.
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
        full, rest = divmod(len(self.lengths), self.batch_size)
        if self.shuffle:
            return full + (rest >= self.world.world_size)
        return len(range(self.world.rank, full + (rest > 0), self.world.world_size))

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
        if batches and len(batches[-1]) < world_size:  # fewer clips than processes: they join another batch
            rest = batches.pop()
            batches[-1] += rest
        places = torch.randperm(len(batches), generator=draw).tolist() if self.by_length else range(len(batches))
        yield from (batches[place][rank::world_size] for place in places)

    def cut(self, clips: np.ndarray) -> list[list[int]]:
        """Batches of the given clips, longest first or in the given order."""
        ordered = (clips[np.argsort(-self.lengths[clips], kind="stable")] if self.by_length else clips).tolist()
        return [ordered[at : at + self.batch_size] for at in range(0, len(ordered), self.batch_size)]
