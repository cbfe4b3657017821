"""New intents for a trained model: from sentences that describe them and a few example clips, without training.

A clip is seen in several *views*: vectors in the space of the sentences. One view may be the model's (T_f of A-MESS), one
the utterance's own vector by the untrained sentence encoder. What an intent looks like in a view is a *direction*, the
mean of its sentences' unit vectors; an example clip counts as one more sentence.

The cosine of a clip and an intent means different things for different intents: some lie near to every clip. So each is
standardised by its mean and deviation over clips that are *not* of the intent. Those of a new intent are the development
clips of the trained ones, so that no clip of the new intent is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import FloatArray, IntArray, finite, label_ids, same_rows

RATE = 0.05  # of the trained intents' clips that a new intent may take
SCOPE_WEIGHT = 0.1  # of the affinities in the in-scope score; more of them makes it worse (docs/unseen.md)
TINY = 1e-12


class Evidence(NamedTuple):
    """What is known of some clips: ``logits`` ``(clips, labels)``, and each of ``views`` ``(clips, width)``."""

    logits: FloatArray
    views: tuple[FloatArray, ...]


class Intent(NamedTuple):
    """An intent as it is compared with clips.

    ``directions`` ``(views, width)``; ``mean`` and ``std`` ``(views,)``, of the cosines of clips of other intents;
    ``offset``: the margin above which a new intent claims a clip, 0 for a trained one.
    """

    directions: FloatArray
    mean: FloatArray
    std: FloatArray
    offset: float = 0.0


class Calibration(NamedTuple):
    """A trained model's development clips, and its intents.

    ``evidence`` of the clips, their ``label_ids`` ``(clips,)``, ``trained``: the :class:`Intent` of every label, and mean
    and deviation of the ``confidence`` (:func:`confidence`) over the clips.
    """

    evidence: Evidence
    label_ids: IntArray
    trained: tuple[Intent, ...]
    confidence: tuple[float, float]


def unit(vectors: npt.ArrayLike) -> FloatArray:
    """Vectors scaled to length one along the last axis, in float64; a vector of zeros stays.

    Example:
        >>> unit([3.0, 4.0]).tolist()
        [0.6, 0.8]
    """
    values = np.asarray(vectors, np.float64)
    scaled: FloatArray = values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), TINY)
    return scaled


def direction(sentences: FloatArray, examples: FloatArray | None = None) -> FloatArray:
    """The mean of unit vectors, ``(width,)``: of sentences ``(n, width)``, and of examples ``(m, width)`` in one view.

    Example:
        >>> direction(np.array([[2.0, 0.0]]), np.array([[0.0, 5.0]])).tolist()
        [0.5, 0.5]
    """
    vectors = unit(sentences) if examples is None else np.concatenate([unit(sentences), unit(examples)])
    mean: FloatArray = vectors.mean(axis=0)
    return mean


def cosines(views: Sequence[FloatArray], directions: FloatArray) -> FloatArray:
    """The mean cosine of each clip to what an intent is made of, ``(clips, views)``."""
    return np.stack([unit(view) @ each for view, each in zip(views, directions)], axis=1)


def affinity(intent: Intent, views: Sequence[FloatArray]) -> FloatArray:
    """How much nearer than an unrelated clip each clip is to an intent, in deviations, mean over the views ``(clips,)``."""
    standardised: FloatArray = (cosines(views, intent.directions) - intent.mean) / intent.std
    return standardised.mean(axis=1)


def confidence(logits: FloatArray) -> FloatArray:
    """How sure the classifier is that a clip is of some trained intent, ``log sum exp`` of its logits ``(clips,)``."""
    from scipy.special import logsumexp

    sure: FloatArray = logsumexp(np.asarray(logits, np.float64), axis=1)
    return sure


def against(directions: FloatArray, views: Sequence[FloatArray]) -> Intent:
    """An intent, standardised on clips that are not of it."""
    values = cosines(views, directions)
    return Intent(directions, values.mean(axis=0), np.maximum(values.std(axis=0), TINY))


def calibrate(evidence: Evidence, labels: npt.ArrayLike, descriptions: Sequence[npt.ArrayLike]) -> Calibration:
    """What new intents are compared and calibrated with.

    Args:
        evidence: of clips of the trained intents that were not trained on.
        labels: their label ids ``(clips,)``.
        descriptions: for each trained intent the vectors of its sentences ``(n, width)``.

    Raises:
        UserError: fewer than two clips that are not of some intent, values that are not finite, or unfit shapes.
    """
    logits = finite("logits", evidence.logits, ndim=2)
    views = tuple(finite("views", view, ndim=2) for view in evidence.views)
    ids = label_ids("label_ids", labels)
    same_rows(logits=logits, label_ids=ids, **{f"view {i}": view for i, view in enumerate(views)})
    trained = []
    for label, sentences in enumerate(descriptions):
        others = ids != label
        if others.sum() < 2:
            raise UserError("new intents are calibrated on development clips of several intents; there are too few")
        towards = direction(finite("descriptions", sentences, ndim=2))
        trained.append(against(np.stack([towards] * len(views)), [view[others] for view in views]))
    sure = confidence(logits)
    scale = float(sure.mean()), float(max(sure.std(), TINY))
    return Calibration(Evidence(logits, views), ids, tuple(trained), scale)


def new_intent(
    calibration: Calibration,
    sentences: npt.ArrayLike,
    examples: Sequence[npt.ArrayLike] | None = None,
    rate: float = RATE,
) -> Intent:
    """An intent that was not trained, ready to compete with those that were.

    Its offset lets it claim this share of the development clips, all of which are of trained intents.

    Args:
        calibration: of the model.
        sentences: vectors of its descriptions ``(n, width)``.
        examples: in each view the vectors of its example clips ``(m, width)``; None: there are none.
        rate: between 0 and 1.

    Raises:
        UserError: values that are not finite, vectors of another width, or a rate out of range.
    """
    if not 0 < rate < 1:
        raise UserError(
            f"rate {rate}: give the share of the trained intents' clips that a new one may take, such as 0.05"
        )
    views = calibration.evidence.views
    vectors = finite("sentences", sentences, ndim=2)
    shown = [None] * len(views) if examples is None else [finite("examples", each, ndim=2) for each in examples]
    widths = {each.shape[1] for each in (vectors, *views, *(each for each in shown if each is not None))}
    if len(widths) > 1:
        raise UserError(
            f"the vectors of sentences and clips differ in width: {sorted(widths)}; use one sentence encoder"
        )
    intent = against(np.stack([direction(vectors, each) for each in shown]), views)
    claims = margin(calibration, intent, calibration.evidence)
    return intent._replace(offset=float(np.quantile(claims, 1 - rate)))


def margin(calibration: Calibration, intent: Intent, evidence: Evidence) -> FloatArray:
    """What speaks for a new intent less half of what speaks for the trained ones, both standardised, ``(clips,)``."""
    mean, std = calibration.confidence
    against_it: FloatArray = affinity(intent, evidence.views) - (confidence(evidence.logits) - mean) / std / 2
    return against_it


def extended_logits(calibration: Calibration, intents: Sequence[Intent], evidence: Evidence) -> FloatArray:
    """The logits with a column for each new intent, ``(clips, labels + intents)``.

    A new intent's logit is the largest trained one plus what its margin has above its offset, in units of the
    classifier's confidence. So it is chosen where the offset is passed, the trained logits stay as they are, and each new
    intent's column does not depend on the others.
    """
    logits = np.asarray(evidence.logits, np.float64)
    _, std = calibration.confidence
    columns = [logits.max(axis=1) + std * (margin(calibration, intent, evidence) - intent.offset) for intent in intents]
    return np.column_stack([logits, *columns])


def scope_scores(calibration: Calibration, evidence: Evidence) -> FloatArray:
    """How much each clip looks like one of the trained intents, ``(clips,)``: higher = more in-scope.

    The log sum exp of the logits (minus the energy of Liu et al. 2020), each raised by a little of the clip's affinity to
    the intent's descriptions.
    """
    near = np.stack([affinity(intent, evidence.views) for intent in calibration.trained], axis=1)
    _, std = calibration.confidence
    return confidence(np.asarray(evidence.logits, np.float64) + SCOPE_WEIGHT * std * near)
