"""How certain a result is: a bootstrap interval of one run, a paired test of two methods over the same seeds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import FloatArray, finite, same_rows

SIGN_FLIPS = 20_000  # sampled where there are more in all, which is from 15 pairs on
BATCH = 100  # resamples held in memory at a time


class Interval(NamedTuple):
    """A metric with its confidence interval, and the number of resamples behind the interval."""

    estimate: float
    low: float
    high: float
    resamples: int


class PairedResult(NamedTuple):
    """Outcome of `paired_test`; no result of n pairs could have a p value below `smallest_p`."""

    n: int
    mean_difference: float
    low: float
    high: float
    p_value: float
    smallest_p: float


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

    It shows how much the choice of test rows matters, not the choice of the training's seed (see `paired_test`).

    Args:
        metric: takes (y_true, y_pred), returns a number; for flags and scores likewise.
        y_true, y_pred: shape (rows,).
        level: fraction of the resamples inside the interval.
        num_resamples: how often to resample; one where the metric is NaN or raises `UserError` is left out.
        seed: of the random draws; the same seed gives the same interval.

    Raises:
        UserError: lengths that differ, or a metric undefined on more than half of the resamples.

    Example:
        >>> from sklearn.metrics import accuracy_score
        >>> bootstrap_interval(accuracy_score, [0, 1, 1, 0] * 25, [0, 1, 1, 1] * 25)
        Interval(estimate=0.75, low=0.66, high=0.83, resamples=1000)
    """
    from scipy.stats import DegenerateDataWarning, bootstrap

    same_rows(y_true=finite("y_true", y_true, ndim=1), y_pred=finite("y_pred", y_pred, ndim=1))
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    estimate = float(metric(true, pred))

    def of_rows(rows: npt.NDArray[Any]) -> float:
        try:
            return float(metric(true[rows], pred[rows]))
        except UserError:
            return float("nan")

    with warnings.catch_warnings():
        # SciPy's interval is NaN as soon as one resample is; the interval below leaves such resamples out.
        warnings.simplefilter("ignore", DegenerateDataWarning)
        drawn = bootstrap(
            (np.arange(len(true)),),  # row numbers: they keep the pairs together, and both arrays' types as they are
            of_rows,
            vectorized=False,
            n_resamples=num_resamples,
            batch=BATCH,
            method="percentile",
            random_state=np.random.default_rng(seed),
        ).bootstrap_distribution
    defined = drawn[~np.isnan(drawn)]
    if 2 * len(defined) <= num_resamples:
        undefined = num_resamples - len(defined)
        raise UserError(f"metric undefined on {undefined} of {num_resamples} resamples; use more rows")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high), len(defined))


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for their number by Holm's step-down method, so that the chance of any false find stays bounded.

    Args:
        p_values: of tests on the same question.

    Returns:
        The corrected ones, in the same order, at most 1.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def paired_test(a: npt.ArrayLike, b: npt.ArrayLike, seed: int = 0) -> PairedResult:
    """Compare two methods run with the same seeds, by their differences a - b.

    The 95 % interval is Student's t for the mean difference. The two-sided p value is the fraction of sign flips of the
    differences whose mean is at least as far from 0 (Fisher's paired permutation test): of all 2^n flips for n <= 14,
    else of 20 000 sampled ones, counted as 2 (hits on the rarer side + 1) / (samples + 1).

    Args:
        a, b: one result per seed, in the same order of seeds, shape (n,).
        seed: of the sampled flips (n > 14).

    Returns:
        `PairedResult`; ``smallest_p`` is 2 / 2^n for n <= 14: with five seeds it is 0.0625.

    Raises:
        UserError: fewer than two pairs, NaN, or lengths that differ.

    Example:
        >>> result = paired_test([0.72, 0.74, 0.73], [0.70, 0.71, 0.69])
        >>> round(result.mean_difference, 3), round(result.low, 4), round(result.high, 4)
        (0.03, 0.0052, 0.0548)
        >>> result.n, result.p_value, result.smallest_p
        (3, 0.25, 0.25)
    """
    from scipy.stats import permutation_test, ttest_rel

    first, second = finite("a", a, ndim=1).astype(np.float64), finite("b", b, ndim=1).astype(np.float64)
    same_rows(a=first, b=second)
    n = len(first)
    if n < 2:
        raise UserError("a paired test needs at least two pairs; run both methods with two or more common seeds")
    size = np.abs(first - second).sum() or 1.0

    def rounded_sum(x: FloatArray, y: FloatArray, axis: int) -> FloatArray:
        # Equal sums may differ in the last bits by the order of addition; rounded, they count as equal.
        return np.round((x - y).sum(axis=axis) / size, 12)

    flips = permutation_test(
        (first, second),
        rounded_sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=SIGN_FLIPS,
        random_state=np.random.default_rng(seed),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # equal differences: the interval has no width, as it should
        interval = ttest_rel(first, second).confidence_interval()
    smallest = 2 / 2**n if 2**n <= SIGN_FLIPS else 2 / (SIGN_FLIPS + 1)
    mean = float((first - second).mean())
    return PairedResult(n, mean, float(interval.low), float(interval.high), float(flips.pvalue), smallest)
