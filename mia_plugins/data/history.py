"""What was said before: for each utterance the earlier ones of its dialogue, newest first, as MMOIR and MIntRec2.0 have it.

An utterance and its history make one sequence: the utterance, then the earlier ones, cut to ``round((1 + context_len) *
longest)``. In a text the earlier ones come without their first special token. Between the frames of the utterance and
those of its history stands one separator, a frame of zeros. Turn ids tell the parts apart: 0 is the utterance, 1 the
newest of its history, and so on; :data:`NO_TURN` is the separator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from .chained import frame_counts

NO_TURN = -1  # the turn id of a separator, and of padding


def previous_turns(dialogues: Sequence[str], turns: Sequence[int], speakers: Sequence[str] | None = None) -> np.ndarray:
    """For each utterance the row of the one before it in its dialogue.

    Args:
        dialogues: each utterance's dialogue.
        turns: its place in the dialogue; rows may come in any order, and equal places keep the order of the rows.
        speakers: who speaks; given, the one before is the same speaker's.

    Returns:
        int64 (utterances,), -1 where there is none.

    >>> previous_turns(["a", "b", "a", "a"], [1, 1, 3, 2]).tolist()
    [-1, -1, 3, 0]
    >>> previous_turns(["a", "a", "a"], [1, 2, 3], ["X", "Y", "X"]).tolist()
    [-1, -1, 0]
    """
    count = len(dialogues)
    previous = np.full(count, -1, np.int64)
    groups = np.zeros((1, count), np.int64)
    for names in (dialogues, speakers):
        if names is not None and count:
            groups = np.vstack([groups, np.unique(np.asarray(names, dtype=str), return_inverse=True)[1].reshape(1, -1)])
    order = np.lexsort((np.asarray(turns), *groups[::-1]))
    together = (groups[:, order[1:]] == groups[:, order[:-1]]).all(axis=0)
    previous[order[1:][together]] = order[:-1][together]
    return previous


@dataclass(frozen=True, eq=False)
class History:
    """The earlier utterances of each utterance, as a chain.

    Args:
        previous: of :func:`previous_turns`.
        most_turns: how many earlier utterances count; None: all.
    """

    previous: np.ndarray
    most_turns: int | None = None

    def __len__(self) -> int:
        return len(self.previous)

    def newest_first(self, row: int) -> Iterator[int]:
        """The rows of an utterance's history."""
        return islice(self._chain(row), self.most_turns)

    def _chain(self, row: int) -> Iterator[int]:
        while (row := int(self.previous[row])) >= 0:
            yield row


def text_with_history(token_ids: Iterable[Sequence[int]], most: int) -> tuple[list[int], list[int]]:
    """Token ids and turn ids of an utterance with its history.

    Args:
        token_ids: of the utterance, then of its history, newest first; each with its special tokens.
        most: tokens to keep.

    >>> text_with_history([[2, 7, 3], [2, 8, 9, 3], [2, 5, 3]], most=7)
    ([2, 7, 3, 8, 9, 3, 5], [0, 0, 0, 1, 1, 1, 2])
    """
    ids: list[int] = []
    turn_ids: list[int] = []
    for turn, each in enumerate(token_ids):
        ids += each[1:] if turn else each
        turn_ids += [turn] * (len(ids) - len(turn_ids))
        if len(ids) >= most:
            break
    return ids[:most], turn_ids[:most]


class FramesWithHistory(Sequence[np.ndarray]):
    """One modality of utterances with their history, put together when an utterance is asked for; no frame is copied.

    As in the benchmarks, an utterance without frames of its own has none of its history either.

    Args:
        frames: of every utterance that can be history, float32 (frames, width) each; usually on disk.
        history: of the same utterances.
        rows: the utterances wanted, int64 (clips,).
        most: frames to keep, the separator among them.
    """

    def __init__(self, frames: Sequence[np.ndarray], history: History, rows: np.ndarray, most: int) -> None:
        self._frames, self._history, self._rows, self._most = frames, history, rows, most
        self._counts = frame_counts(frames)
        self.lengths = self._lengths()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int | slice) -> np.ndarray | FramesWithHistory:  # type: ignore[override]
        """One clip, or for a slice the clips in it, still not put together."""
        if isinstance(index, slice):
            return FramesWithHistory(self._frames, self._history, self._rows[index], self._most)
        parts: list[np.ndarray] = []
        for row, count in self._parts(index):
            if row < 0:
                parts.append(np.zeros((count, parts[0].shape[1]), np.float32))
            else:
                parts.append(self._frames[row][:count])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def turn_ids(self, index: int) -> np.ndarray:
        """The turn id of every frame of a clip, int64 (frames,)."""
        turns, counts = zip(*((turn, count) for turn, _, count in self._turns(index)))
        return np.repeat(np.array(turns, np.int64), counts)

    def _parts(self, index: int) -> Iterator[tuple[int, int]]:
        """The rows that a clip is made of, -1 for the separator, and how many frames are kept of each."""
        return ((row, count) for _, row, count in self._turns(index))

    def _turns(self, index: int) -> Iterator[tuple[int, int, int]]:
        """Turn id, row and kept frames of each part; the utterance itself is always there."""
        row = int(self._rows[index])
        left = min(self._most, int(self._counts[row]))
        yield 0, row, left
        left = int(self.lengths[index]) - left
        if left:
            yield NO_TURN, -1, 1
            left -= 1
        for turn, earlier in enumerate(self._history.newest_first(row), start=1):
            if not left:
                return
            count = min(left, int(self._counts[earlier]))
            if count:
                yield turn, earlier, count
            left -= count

    def _lengths(self) -> np.ndarray:
        """Frames of each clip; all clips go one turn back at a time, until none has room or history left."""
        previous, counts, at = self._history.previous, self._counts, self._rows
        alone = counts[at]
        earlier = np.zeros_like(alone)
        turn = 0
        while self._history.most_turns is None or turn < self._history.most_turns:
            at = np.where(at >= 0, previous[at], -1)
            at = np.where(alone + earlier < self._most, at, -1)
            if not (at >= 0).any():
                break
            earlier += np.where(at >= 0, counts[at], 0)
            turn += 1
        total = alone + np.where(earlier > 0, 1 + earlier, 0)
        return np.where(alone > 0, np.minimum(total, self._most), 0)
