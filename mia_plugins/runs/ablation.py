"""Modality ablation of a trained model: the test split scored again with one modality corrupted."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..data.chained import Computed, frame_counts, turn_ids
from ..evaluation.metrics import METRICS, displayed, shown_in_ablations, text_of

if TYPE_CHECKING:
    from ..data.clips import Clips

MODALITIES = ("text", "video", "audio")
WAYS = ("dropped", "shuffled", "noise")
DRAWS = 3  # for the ways that draw at random


class Corrupted(NamedTuple):
    """Clips whose ``modality`` is corrupted in the given ``way``; ``draw`` numbers the random repetitions."""

    modality: str
    way: str
    draw: int
    clips: Clips


def corrupt(clips: Clips, train: Clips, modality: str, way: str, rng: np.random.Generator) -> Clips:
    """Corrupts one modality of the clips and leaves the others as they are.

    Args:
        clips: what to corrupt.
        train: training clips, which noise is made to resemble.
        modality: text, video or audio.
        way: ``dropped``: no frames, or no word; ``shuffled``: every clip gets another clip's;
            ``noise``: as long as before, frames drawn from a normal distribution with the training frames' mean and
            standard deviation of each feature, words drawn from the training texts.
        rng: what to draw from.

    Returns:
        New clips; no file and no array of the old ones is changed.
    """
    if modality == "text":
        return corrupt_texts(clips, train, way, rng)
    values: Sequence[Any] = getattr(clips, modality)
    corrupted: Sequence[Any]
    if way == "shuffled":
        order = derangement(len(clips), rng)
        corrupted = Computed(
            lambda i: values[int(order[i])],
            frame_counts(values)[order],
            lambda i: turn_ids(values, int(order[i])),
        )
    elif way == "dropped":
        corrupted = [np.empty((0, values[0].shape[1]), np.float32)] * len(clips)
    else:
        mean, std = moments(getattr(train, modality))
        counts, seed = frame_counts(values), int(rng.integers(2**63))

        def draw(i: int) -> np.ndarray:
            shape = int(counts[i]), len(mean)
            return np.random.default_rng([seed, i]).normal(mean, std, size=shape).astype(np.float32)

        corrupted = Computed(draw, counts, lambda i: turn_ids(values, i))
    changed: dict[str, Any] = {modality: corrupted}
    return dataclasses.replace(clips, **changed)


def corrupt_texts(clips: Clips, train: Clips, way: str, rng: np.random.Generator) -> Clips:
    """:func:`corrupt` of the texts: those of the history go the way of the clip's own; arguments as there."""
    history: Sequence[Sequence[str]] | None = clips.history
    if way == "shuffled":
        order = derangement(len(clips), rng)
        texts = [clips.texts[i] for i in order]
        history = [history[i] for i in order] if history is not None else None
        return dataclasses.replace(clips, texts=texts, history=history)
    words = [word for text in train.texts for word in text.split()] or [""]

    def changed(text: str) -> str:
        length = len(text.split()) if way == "noise" else 0
        return " ".join(rng.choice(words, size=length)) if length else ""

    texts = [changed(text) for text in clips.texts]
    if history is not None:  # a dropped one is not there: several empty texts would still tell how many there were
        history = [[changed(text) for text in each] if way == "noise" else [] for each in history]
    return dataclasses.replace(clips, texts=texts, history=history)


def derangement(count: int, rng: np.random.Generator) -> np.ndarray:
    """A random permutation in which nothing stays where it is (except a single item).

    >>> bool((derangement(5, np.random.default_rng(0)) != np.arange(5)).all())
    True
    """
    order = rng.permutation(count)
    result = np.empty(count, np.int64)
    result[order] = np.roll(order, 1)  # one cycle through all
    return result


def moments(frames: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every feature over all frames, each ``(width,)``, in one pass."""
    count, total, squares = 0, 0.0, 0.0
    for values in frames:
        wide = values.astype(np.float64)
        count, total, squares = count + len(wide), total + wide.sum(axis=0), squares + (wide**2).sum(axis=0)
    count = max(count, 1)  # no clip may have this modality
    mean = np.asarray(total / count)
    return mean, np.sqrt(np.maximum(squares / count - mean**2, 0))


def corrupted_clips(clips: Clips, train: Clips, seed: int = 0) -> Iterator[Corrupted]:
    """Every modality corrupted in every way, one after the other; the same seed gives the same corruption."""
    for modality in MODALITIES:
        for way in WAYS:
            for draw in range(1 if way == "dropped" else DRAWS):
                rng = np.random.default_rng([seed, MODALITIES.index(modality), WAYS.index(way), draw])
                yield Corrupted(modality, way, draw, corrupt(clips, train, modality, way, rng))


def modality_ablation(
    clips: Clips, train: Clips, score: Callable[[Clips], Mapping[str, Any]], seed: int = 0
) -> list[dict[str, Any]]:
    """Scores a model on intact clips and on corrupted ones.

    Args:
        clips: the test clips.
        train: the training clips.
        score: the model's metrics on the clips it is given, as fractions.
        seed: of the draws.

    Returns:
        Rows with ``modality``, ``way`` (the first row: ``none``, ``intact``) and for each metric there is, in percent,
        its mean over the draws, and under ``<metric>_change`` the difference from the intact clips.
    """

    def percent(scores: Mapping[str, Any]) -> dict[str, float]:
        return {name: displayed(name, float(scores[name])) for name in shown_in_ablations() if name in scores}

    intact = percent(score(clips))
    draws: dict[tuple[str, str], list[dict[str, float]]] = {}
    for each in corrupted_clips(clips, train, seed):
        draws.setdefault((each.modality, each.way), []).append(percent(score(each.clips)))
    rows: list[dict[str, Any]] = [{"modality": "none", "way": "intact", **intact}]
    for (modality, way), repeats in draws.items():
        mean = {name: statistics.fmean(draw[name] for draw in repeats) for name in intact}
        change = {f"{name}_change": mean[name] - intact[name] for name in intact}
        rows.append({"modality": modality, "way": way, **mean, **change})
    return rows


def ablation_cells(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Header and cells of the table: a row for each way of corrupting, each metric with its change in points."""
    names = [name for name in shown_in_ablations() if name in rows[0]]
    unit = " (%)" if all(METRICS[name].percent for name in names) else ""
    header = [f"test clips{unit}", *(column for name in names for column in (name, "change"))]
    cells = []
    for row in rows:
        label = "intact" if row["way"] == "intact" else f"{row['modality']} {row['way']}"
        changes = [signed(name, row[f"{name}_change"]) if f"{name}_change" in row else "" for name in names]
        cells.append([label, *(text for n, change in zip(names, changes) for text in (text_of(n, row[n]), change))])
    return header, cells


def signed(name: str, change: float) -> str:
    """A change of a metric with its sign and digits; one that rounds to zero is +0.

    >>> signed("acc", -0.001), signed("MAE", -0.25)
    ('+0.00', '-0.250')
    """
    text = text_of(name, abs(change))
    return f"{'-' if change < 0 and float(text) else '+'}{text}"
