"""Which labels their descriptions do not tell apart, seen by a sentence encoder, and which clips they mislead.

A sentence's similarity to a label is its cosine with the mean of the unit vectors of that label's sentences. For the label
it belongs to, the mean is taken without the sentence, which would vouch for itself: of three sentences a label, each would
be nearest to a mean that it is a third of. The margin is the similarity to that label less that to the nearest other one;
below 0 the sentence is nearer to another label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Confusion(NamedTuple):
    """A sentence or a clip and the other label nearest to it.

    ``row`` is the sentence's or clip's place, ``label`` and ``other`` are places of labels, ``margin`` is a difference of
    cosines, from -2 to 2.
    """

    row: int
    label: int
    other: int
    margin: float


def confused_sentences(vectors: np.ndarray, label_ids: np.ndarray, margin: float = 0.0) -> list[Confusion]:
    """The sentences that are not clearly nearest to their label, the worst first.

    A label's only sentence has nothing to be near to; it is compared with itself.

    Args:
        vectors: float (sentences, width), none of them zero.
        label_ids: int (sentences,), of at least two labels, each with a sentence.
        margin: sentences with a smaller one are reported.
    """
    units = unit(vectors)
    sums = label_sums(units, label_ids)
    counts = np.bincount(label_ids)
    rest = sums[label_ids] - units
    alone = counts[label_ids] == 1
    rest[alone] = units[alone]
    return below(units @ unit(sums).T, (units * unit(rest)).sum(axis=1), label_ids, margin)


def confused_clips(
    clips: np.ndarray, clip_ids: np.ndarray, vectors: np.ndarray, label_ids: np.ndarray, margin: float = 0.0
) -> list[Confusion]:
    """The clips that are not clearly nearest to the descriptions of their label, the worst first.

    Args:
        clips: float (clips, width), the embedded utterances.
        clip_ids: int (clips,), their labels.
        vectors, label_ids, margin: as in :func:`confused_sentences`.
    """
    similar = unit(clips) @ unit(label_sums(unit(vectors), label_ids)).T
    return below(similar, similar[np.arange(len(clips)), clip_ids], clip_ids, margin)


def below(similar: np.ndarray, to_label: np.ndarray, label_ids: np.ndarray, margin: float) -> list[Confusion]:
    """The rows whose similarity to their label does not exceed that to every other label by more than the margin.

    Args:
        similar: float (rows, labels).
        to_label: float (rows,), the similarity to the row's label.
        label_ids: int (rows,).
        margin: see :func:`confused_sentences`.
    """
    others = similar.copy()
    others[np.arange(len(others)), label_ids] = -np.inf
    nearest = others.argmax(axis=1)
    margins = to_label - others.max(axis=1)
    order = np.argsort(margins, kind="stable")
    return [
        Confusion(int(row), int(label_ids[row]), int(nearest[row]), float(margins[row]))
        for row in order
        if margins[row] < margin
    ]


def label_sums(units: np.ndarray, label_ids: np.ndarray) -> np.ndarray:
    """The sum (labels, width) of each label's vectors."""
    sums = np.zeros((label_ids.max() + 1, units.shape[1]), units.dtype)
    np.add.at(sums, label_ids, units)
    return sums


def unit(vectors: np.ndarray) -> np.ndarray:
    """The vectors (rows, width) at length 1; a zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def pairs(confused: Sequence[Confusion]) -> list[tuple[int, int, list[Confusion]]]:
    """The confusions by label and other label, the most frequent pair first, then the one with the worst margin."""
    together: dict[tuple[int, int], list[Confusion]] = {}
    for each in confused:
        together.setdefault((each.label, each.other), []).append(each)
    ranked = sorted(together.items(), key=lambda item: (-len(item[1]), item[1][0].margin))
    return [(label, other, found) for (label, other), found in ranked]
