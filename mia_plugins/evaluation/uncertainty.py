"""How sure a number is: bootstrap interval of one run, paired test of two methods over the same seeds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student_t

from ..errors import UserError
from .arrays import FloatArray, finite, same_rows

MOST_EXACT_PAIRS = 12
SAMPLED_FLIPS = 20_000


class Interval(NamedTuple):
    """A metric with its confidence interval, and how many resamples the interval rests on."""

    estimate: float
    low: float
    high: float
    resamples: int


class PairedResult(NamedTuple):
    """Outcome of `paired_test`; `statement` says it in one sentence."""

    n: int
    mean_difference: float
    low: float
    high: float
    p_value: float
    statement: str


def bootstrap_interval(
    metric: Callable[[npt.NDArray[Any], npt.NDArray[Any]], float],
    y_true: npt.ArrayLike,
    y_pred: npt.ArrayLike,
    *,
    level: float = 0.95,
    num_resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """Estimate a percentile interval by resampling rows with replacement (Efron and Tibshirani 1993, ch. 13).

    It shows the chance in the choice of test rows, not in training (see `paired_test`).

    Args:
        metric: takes (y_true, y_pred), returns a number; for flags and scores likewise.
        y_true, y_pred: shape (rows,).
        level: share of resamples inside the interval.
        num_resamples: how often to resample; one where the metric is NaN or raises `UserError` is left out.
        seed: of the random draws; the same seed gives the same interval.

    Raises:
        UserError: lengths that differ, or a metric undefined on more than half of the resamples.

    Example:
        >>> from sklearn.metrics import accuracy_score
        >>> bootstrap_interval(accuracy_score, [0, 1, 1, 0] * 25, [0, 1, 1, 1] * 25)
        Interval(estimate=0.75, low=0.66, high=0.83, resamples=1000)
    """
    same_rows(y_true=finite("y_true", y_true, ndim=1), y_pred=finite("y_pred", y_pred, ndim=1))
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    draws = np.random.default_rng(seed)
    values = []
    for _ in range(num_resamples):
        rows = draws.integers(0, len(true), size=len(true))
        try:
            values.append(float(metric(true[rows], pred[rows])))
        except UserError:
            values.append(float("nan"))
    defined = np.array(values)[~np.isnan(values)]
    if 2 * len(defined) <= num_resamples:
        undefined = num_resamples - len(defined)
        raise UserError(f"metric undefined on {undefined} of {num_resamples} resamples; use more rows")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(metric(true, pred)), float(low), float(high), len(defined))


def paired_test(a: npt.ArrayLike, b: npt.ArrayLike, seed: int = 0) -> PairedResult:
    """Compare two methods run with the same seeds, by their differences a - b.

    The 95 % interval is Student's t for the mean difference. The two-sided p value is the share of sign flips of the
    differences whose mean is at least as far from 0 (Fisher's paired permutation test): all 2^n flips for n <= 12, else
    20 000 sampled ones as (hits + 1) / (samples + 1).

    Args:
        a, b: one result per seed, in the same order of seeds, shape (n,).
        seed: of the sampled flips (n > 12).

    Returns:
        `PairedResult`; its statement names n and the smallest p that n allows, 2 / 2^n: with five seeds it is 0.0625.

    Raises:
        UserError: fewer than two pairs, NaN, or lengths that differ.

    Example:
        >>> print(paired_test([0.72, 0.74, 0.73], [0.70, 0.71, 0.69]).statement)
        a - b = 0.0300 (95% interval 0.0052 to 0.0548), p = 0.25; n = 3 pairs, all 8 sign flips, p cannot be below 0.25
    """
    first, second = finite("a", a, ndim=1).astype(np.float64), finite("b", b, ndim=1).astype(np.float64)
    same_rows(a=first, b=second)
    differences = first - second
    n = len(differences)
    if n < 2:
        raise UserError("a paired test needs at least two pairs; run both methods with two or more common seeds")
    mean = float(differences.mean())
    half = float(student_t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n))
    p_value, how = _sign_flip_p(differences, seed)
    low, high = mean - half, mean + half
    found = f"a - b = {mean:.4f} (95% interval {low:.4f} to {high:.4f}), p = {p_value:.3g}"
    return PairedResult(n, mean, low, high, p_value, f"{found}; n = {n} pairs, {how}")


def _sign_flip_p(differences: FloatArray, seed: int) -> tuple[float, str]:
    n = len(differences)
    exact = n <= MOST_EXACT_PAIRS
    if exact:
        signs = np.array(list(product((1, -1), repeat=n)))
    else:
        signs = np.random.default_rng(seed).choice((1, -1), size=(SAMPLED_FLIPS, n))
    sums = np.abs(signs @ differences)
    # Equal sums may differ in the last bits by the order of addition.
    hits = int((sums >= abs(differences.sum()) - 1e-12 * np.abs(differences).sum()).sum())
    if exact:
        return hits / len(signs), f"all {len(signs)} sign flips, p cannot be below {2 / len(signs):.3g}"
    draws = len(signs) + 1
    return (hits + 1) / draws, f"{len(signs)} sampled sign flips, p cannot be below {1 / draws:.3g}"
