"""Sequences of clips that are read or computed when they are asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np


class Chained(Sequence[np.ndarray]):
    """Several sequences of clips as one; a clip is read from its part when it is asked for.

    >>> joined = Chained([[np.zeros((2, 4))], [np.ones((3, 4)), np.ones((1, 4))]])
    >>> len(joined), len(joined[1]), len(joined[-1]), joined.lengths.tolist()
    (3, 3, 1, [2, 3, 1])
    """

    def __init__(self, parts: Sequence[Sequence[np.ndarray]]) -> None:
        self._parts = list(parts)
        self._ends = list(accumulate(map(len, self._parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: Any) -> Any:
        """One clip; for a slice, a list of clips."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        part = bisect_right(self._ends, place)
        start = self._ends[part - 1] if part else 0
        return self._parts[part][place - start]

    @property
    def lengths(self) -> np.ndarray:
        """Frames of each clip, int64 (clips,)."""
        return np.concatenate([frame_counts(part) for part in self._parts] or [np.empty(0, np.int64)])

    def turn_ids(self, index: int) -> np.ndarray:
        """See :func:`turn_ids`."""
        part = bisect_right(self._ends, index)
        return turn_ids(self._parts[part], index - (self._ends[part - 1] if part else 0))


class Computed(Sequence[np.ndarray]):
    """Clips that a function computes, anew each time they are asked for.

    >>> zeros = Computed(lambda i: np.zeros((i + 1, 4)), np.array([1, 2, 3]))
    >>> len(zeros), zeros[-1].shape
    (3, (3, 4))

    Args:
        make: index from 0 -> float32 (frames, width).
        lengths: int64 (clips,), frames of each clip.
        turns: index -> the turn ids of its frames; None: none has a history.
    """

    def __init__(
        self,
        make: Callable[[int], np.ndarray],
        lengths: np.ndarray,
        turns: Callable[[int], np.ndarray] | None = None,
    ) -> None:
        self._make, self.lengths = make, lengths
        self.turn_ids = turns or (lambda index: np.zeros(int(lengths[index]), np.int64))

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: Any) -> Any:
        """One clip; for a slice, a list of clips."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self._make(range(len(self))[index])


def frame_counts(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Frames of each clip, int64 (clips,); clips on disk are not read."""
    known = getattr(frames, "lengths", None)
    if known is not None:
        return known
    return np.fromiter((len(clip) for clip in frames), np.int64, len(frames))


def turn_ids(frames: Sequence[np.ndarray], index: int) -> np.ndarray:
    """The turn id of each frame of a clip, int64 (frames,): 0 but where the clip has a history.

    See :class:`~mia_plugins.data.history.FramesWithHistory`.
    """
    known = getattr(frames, "turn_ids", None)
    return known(index) if known is not None else np.zeros(len(frames[index]), np.int64)
