"""What belongs to an utterance's history, and how much room there is for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Context:
    """What belongs to an utterance's history.

    Args:
        who: ``same_speaker``: what the same speaker said before, as in the benchmarks; ``all``: what anybody did.
        most_turns: how many earlier utterances; None: as many as there is room for.
        context_len: room for the history, as a multiple of the longest utterance.
        source: ``same_split``: of the utterance's own split, as in the benchmarks. ``all_splits``: train sees train, dev
            sees train and dev, test sees all, where a dialogue's turns lie in several splits. What is tested is never
            part of the training this way; the texts of the training's clips (not their labels) are part of the test.
    """

    who: Literal["same_speaker", "all"] = "same_speaker"
    most_turns: int | None = None
    context_len: float = 1.0
    source: Literal["same_split", "all_splits"] = "same_split"


def with_context(longest: int, context_len: float) -> int:
    """The most tokens or frames of an utterance with its history.

    Args:
        longest: the most of an utterance alone.
        context_len: room for the history, as a multiple of ``longest``.

    >>> with_context(50, 0.5), with_context(45, 0.5)  # Python rounds a half to the even number, and so do the benchmarks
    (75, 68)
    """
    return round((1 + context_len) * longest)


def without_context(most: int, context_len: float) -> int:
    """The ``longest`` behind a result of :func:`with_context`.

    >>> [without_context(with_context(longest, 0.5), 0.5) for longest in (1, 45, 46, 50)]
    [1, 45, 46, 50]
    """
    return round(most / (1 + context_len))
