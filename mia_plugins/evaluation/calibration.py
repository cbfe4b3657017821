"""Calibration: do predictions made with confidence 0.8 come true 80 % of the time?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import finite, flags, same_rows
from .arrays import label_ids as whole_ids


class ReliabilityBin(NamedTuple):
    """One bar of a reliability diagram; confidence and accuracy are NaN in an empty bin."""

    lower: float
    upper: float
    rows: int
    confidence: float
    accuracy: float


def reliability_bins(confidence: npt.ArrayLike, correct: npt.ArrayLike, num_bins: int = 15) -> list[ReliabilityBin]:
    """Sort predictions into equal-width bins (lower, upper] of confidence; exactly 0 falls into the first.

    Args:
        confidence: of the predicted class, such as the largest softmax probability, 0 to 1, shape (rows,).
        correct: 1 where the prediction is right, else 0, shape (rows,).
        num_bins: number of bins on [0, 1].

    Returns:
        All bins from low to high, with mean confidence and accuracy.

    Raises:
        UserError: confidence outside 0 .. 1 or not finite, lengths that differ, or fewer than one bin.

    Example:
        >>> reliability_bins([0.25, 0.75, 1.0], [0, 1, 0], num_bins=2)[1]
        ReliabilityBin(lower=0.5, upper=1.0, rows=2, confidence=0.875, accuracy=0.5)
    """
    sure, right = finite("confidence", confidence, ndim=1).astype(np.float64), flags("correct", correct)
    same_rows(confidence=sure, correct=right)
    if sure.min() < 0 or sure.max() > 1:
        raise UserError("confidence: values must lie in 0 .. 1; pass probabilities, not logits")
    if num_bins < 1:
        raise UserError(f"num_bins is {num_bins}; use at least one bin")
    edges = np.linspace(0, 1, num_bins + 1)
    which = np.searchsorted(edges[1:-1], sure)
    count = np.bincount(which, minlength=num_bins)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(which, values, num_bins) / count for values in (sure, right)]
    columns = (edges[:-1], edges[1:], count, *means)
    return [ReliabilityBin(*bar) for bar in zip(*(column.tolist() for column in columns))]


def expected_calibration_error(confidence: npt.ArrayLike, correct: npt.ArrayLike, num_bins: int = 15) -> float:
    """Return the expected calibration error (Guo et al. 2017, eq. 3), in 0 .. 1.

    ECE = sum over bins of (rows in bin / rows) * abs(accuracy - mean confidence), with the bins of `reliability_bins`.

    Example:
        >>> expected_calibration_error([0.25, 0.75, 1.0], [0, 1, 0], num_bins=2)
        0.3333333333333333
    """
    used = [bar for bar in reliability_bins(confidence, correct, num_bins) if bar.rows]
    return sum(bar.rows * abs(bar.accuracy - bar.confidence) for bar in used) / sum(bar.rows for bar in used)


def fit_temperature(logits: npt.ArrayLike, label_ids: npt.ArrayLike) -> float:
    """Find the temperature T with which softmax(logits / T) gives some clips' labels the highest likelihood.

    One number, fitted on clips that the model was not trained on: it changes no decision, only how sure it sounds (Guo
    et al., ICML 2017).

    Args:
        logits: shape (rows, classes).
        label_ids: 0 to classes - 1, shape (rows,).

    Returns:
        T from 0.05 to 20; above 1 where the model was too sure.

    Raises:
        UserError: no rows, values that are not finite, labels outside the classes, or lengths that differ.

    Example:
        >>> round(fit_temperature([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [2.0, 0.0]], [0, 0, 0, 1]), 3)  # 2 / ln 3
        1.82
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    values, ids = finite("logits", logits, ndim=2).astype(np.float64), whole_ids("label_ids", label_ids)
    same_rows(logits=values, label_ids=ids)
    if ids.min() < 0 or ids.max() >= values.shape[1]:
        raise UserError(
            f"label ids from {ids.min()} to {ids.max()} for {values.shape[1]} classes; leave the others out"
        )

    def loss(log_temperature: float) -> float:
        scaled = values / np.exp(log_temperature)
        return float((logsumexp(scaled, axis=1) - scaled[np.arange(len(ids)), ids]).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded").x))
