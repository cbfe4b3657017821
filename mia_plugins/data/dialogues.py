"""Clips with what was said before them: the multi-turn mode of MMOIR and MIntRec2.0."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from ..errors import UserError
from .clips import Clips, LoadedData
from .context import Context, with_context
from .history import FramesWithHistory, History, previous_turns

SPLITS = ("train", "dev", "test")  # in the order in which `all_splits` lets one see the others


def add_history(data: LoadedData, context: Context, longest: Mapping[str, int]) -> LoadedData:
    """The data set with every utterance's history; no frame is read or copied.

    In-scope and out-of-scope utterances that were read are part of each other's history.

    Args:
        data: what was read.
        context: what belongs to a history.
        longest: the most tokens (``text``) and frames (``video``, ``audio``) of an utterance alone.

    Raises:
        UserError: the data set knows no dialogues or, where they are needed, no speakers.
    """
    splits: dict[str, Clips] = dict(data.splits)
    pool: list[Clips] = []
    for name in SPLITS:
        parts = [each for each in (name, f"ood_{name}") if each in data.splits]
        if context.source == "same_split":
            pool = []
        pool += [data.splits[part] for part in parts]
        start = sum(map(len, pool)) - sum(len(data.splits[part]) for part in parts)
        together = _pooled(pool, context) if parts else None
        for part in parts:
            assert together is not None
            end = start + len(data.splits[part])
            splits[part] = with_history(data.splits[part], together, np.arange(start, end), context, longest)
            start = end
    return dataclasses.replace(data, splits=splits)


def with_history(clips: Clips, pool: Clips, rows: np.ndarray, context: Context, longest: Mapping[str, int]) -> Clips:
    """Clips with their history.

    Args:
        clips: the utterances.
        pool: they and all that may be part of their history.
        rows: the place of each clip in ``pool``, int64 (clips,).
        context, longest: as in :func:`add_history`.

    Raises:
        UserError: the clips know no dialogues or, where they are needed, no speakers.
    """
    if pool.dialogues is None or pool.turns is None:
        raise UserError(
            "--dialogue_mode multi_turn: this data set does not say which dialogue a clip is of; leave it out"
        )
    if pool.speakers is None and context.who == "same_speaker":
        raise UserError("--context same_speaker: this data set does not say who speaks; choose --context all")
    speakers = pool.speakers if context.who == "same_speaker" else None
    history = History(previous_turns(pool.dialogues, pool.turns, speakers), context.most_turns)
    most = {name: with_context(length, context.context_len) for name, length in longest.items()}
    changed: dict[str, Any] = {
        "video": FramesWithHistory(pool.video, history, rows, most["video"]),
        "audio": FramesWithHistory(pool.audio, history, rows, most["audio"]),
        "history": EarlierTexts(pool.texts, history, rows, most["text"]),
    }
    return dataclasses.replace(clips, **changed)


def _pooled(parts: Sequence[Clips], context: Context) -> Clips:
    """The clips of all parts; in a part without dialogues, such as another out-of-scope set, each clip stands alone."""
    known = [part for part in parts if part.dialogues is not None and part.turns is not None]
    if known:
        speakers = any(part.speakers is not None for part in known)
        parts = [part if part in known else _alone(part, f"part {i}", speakers) for i, part in enumerate(parts)]
    return Clips.concatenate(parts)


def _alone(part: Clips, name: str, speakers: bool) -> Clips:
    """Clips of which each is a dialogue of its own."""
    dialogues = [f"{name}, clip {i}" for i in range(len(part))]
    return dataclasses.replace(
        part, dialogues=dialogues, turns=[0] * len(part), speakers=[""] * len(part) if speakers else None
    )


class EarlierTexts(Sequence[Sequence[str]]):
    """What was said before each utterance, newest first.

    Args:
        texts: of every utterance that can be history.
        history: of the same utterances.
        rows: the utterances wanted.
        most: earlier utterances at the most; each has a token at least, so that more than the tokens wanted are none.
    """

    def __init__(self, texts: Sequence[str], history: History, rows: np.ndarray, most: int) -> None:
        self._texts, self._history, self._rows, self._most = texts, history, rows, most

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        """Of one clip; for a slice, of the clips in it."""
        if isinstance(index, slice):
            return EarlierTexts(self._texts, self._history, self._rows[index], self._most)
        rows = islice(self._history.newest_first(int(self._rows[index])), self._most)
        return [self._texts[row] for row in rows]
