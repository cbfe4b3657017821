"""Open intent detection: OOS as one more class, by the hosts' ``OID_Metrics`` and by the textbook."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import FloatArray, label_ids
from .classes import class_scores


def oid_metrics(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> dict[str, float]:
    """Score intents and OOS together exactly as the hosts do, quirks included.

    The host takes the classes *present* in truth or prediction, and the last of them as "open": an absent intent is
    left out of the mean, and if OOS is absent the last intent is called open. `oid_metrics_fixed` has neither quirk.

    Args:
        y_true, y_pred: label ids, shape (rows,), OOS the highest.

    Returns:
        ``oid_acc``; ``f1-known`` (mean F1 of all present classes but the last; NaN if there is only one), ``f1-open``
        (F1 of the last) and ``oid_f1`` (mean of all), these three rounded to 4 digits.

    Raises:
        UserError: no rows, different lengths, or ids that are not whole numbers.

    Example:
        >>> oid_metrics([0, 1, 2, 2], [0, 2, 2, 1])
        {'oid_acc': 0.5, 'f1-known': 0.5, 'f1-open': 0.5, 'oid_f1': 0.5}
    """
    true, pred = label_ids("y_true", y_true), label_ids("y_pred", y_pred)
    precision, recall, _, _ = class_scores(true, pred, np.union1d(true, pred))
    # The host's formula, in its order: scikit-learn's F1 differs in the last bit, which rounding can make visible.
    known, open_, everything = _known_open_all(_ratio(2 * recall * precision, recall + precision))
    return {
        "oid_acc": float((true == pred).mean()),
        "f1-known": _round4(known),
        "f1-open": _round4(open_),
        "oid_f1": _round4(everything),
    }


def oid_metrics_fixed(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, num_labels: int) -> dict[str, float]:
    """Score intents and OOS together over all ``num_labels + 1`` classes, unrounded; an absent class has F1 = 0.

    Accuracy has no quirk; `oid_metrics` gives it.

    Args:
        y_true, y_pred: label ids 0 .. num_labels, shape (rows,); ``num_labels`` is OOS.
        num_labels: number of intents.

    Returns:
        ``f1-known_fixed`` (mean F1 of the intents), ``f1-open_fixed`` (F1 of OOS), ``oid_f1_fixed`` (mean of all).

    Raises:
        UserError: an id outside 0 .. num_labels, no rows, or different lengths.

    Example:
        >>> oid_metrics_fixed([0, 1, 2, 2], [0, 2, 2, 1], num_labels=2)
        {'f1-known_fixed': 0.5, 'f1-open_fixed': 0.5, 'oid_f1_fixed': 0.5}
        >>> oid_metrics_fixed([0, 1], [0, 1], num_labels=2)["f1-open_fixed"]  # the host would say 1.0
        0.0
    """
    f1 = class_scores(y_true, y_pred, np.arange(num_labels + 1)).f1
    known, open_, everything = _known_open_all(f1)
    return {"f1-known_fixed": known, "f1-open_fixed": open_, "oid_f1_fixed": everything}


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    ratio: FloatArray = np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator != 0)
    return ratio


def _round4(value: float) -> float:
    # numpy's rounding, as in the host: Python's own differs in the last digit near halves (0.12345).
    return float(np.round(value, 4))


def _known_open_all(f1: FloatArray) -> tuple[float, float, float]:
    known = float(f1[:-1].mean()) if len(f1) > 1 else float("nan")
    return known, float(f1[-1]), float(f1.mean())
