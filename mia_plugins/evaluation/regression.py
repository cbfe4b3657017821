"""Sentiment as a number from -3 to 3, scored as MMSA scores it, and any other number by its error and correlation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import FloatArray, finite, same_rows

MOST = 3  # the strongest sentiment


def regression_metrics(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> dict[str, float]:
    """Score predicted numbers; those on the scale of sentiment also by degree and by sign.

    The targets are on that scale if they reach from below 0 to at most 3 on either side.

    Args:
        y_true, y_pred: numbers, shape (rows,).

    Returns:
        ``MAE``, ``Corr``, and for sentiment all of :func:`sentiment_metrics`.

    Raises:
        UserError: no rows, different lengths, or values that are not finite.

    Example:
        >>> result = regression_metrics([60.0, 70.0], [61.0, 69.0])
        >>> result["MAE"], round(result["Corr"], 3), len(result)
        (1.0, 1.0, 2)
    """
    true, pred = finite("y_true", y_true, ndim=1), finite("y_pred", y_pred, ndim=1)
    same_rows(y_true=true, y_pred=pred)
    result = {"MAE": float(np.abs(pred - true).mean()), "Corr": correlation(true, pred)}
    return {**result, **sentiment_metrics(true, pred)} if true.min() < 0 and np.abs(true).max() <= MOST else result


def correlation(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Return Pearson's correlation by numpy; NaN where one side is constant, as it then is undefined.

    Example:
        >>> correlation(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
        nan
    """
    if len(y_true) < 2:
        return float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.corrcoef(y_pred, y_true)[0, 1])


def sentiment_metrics(y_true: FloatArray, y_pred: FloatArray) -> dict[str, float]:
    """Score sentiment by degree and by sign, as thuiar/MMSA's ``MetricsTop`` does, but unrounded.

    ``Has0_*`` takes all rows and the classes y >= 0 and y < 0; ``Non0_*`` leaves out rows whose target is 0 and takes the
    classes y > 0 and y <= 0. F1 is weighted by the true classes' rows. ``*_swapped`` is what the code of MISA, MulT and
    others reports: there truth and prediction have changed places, so that the predicted classes' rows are the weights.

    Args:
        y_true, y_pred: numbers from -3 to 3, shape (rows,); predictions beyond are cut to the nearest degree.

    Returns:
        ``Mult_acc_7``, ``Mult_acc_5``, ``Has0_acc_2``, ``Has0_F1_score``, ``Non0_acc_2``, ``Non0_F1_score``, and both F1
        under ``..._swapped``. NaN for ``Non0_*`` where every target is 0.

    Example:
        >>> scores = sentiment_metrics(np.array([-3.0, -1.0, 0.0, 2.0]), np.array([-2.4, 0.5, 0.2, 2.2]))
        >>> scores["Mult_acc_7"], scores["Has0_acc_2"], round(scores["Non0_acc_2"], 3)
        (0.5, 0.75, 0.667)
    """
    result = {f"Mult_acc_{2 * most + 1}": degree_accuracy(y_true, y_pred, most) for most in (MOST, 2)}
    nonzero = y_true != 0
    signs = {"Has0": (y_true >= 0, y_pred >= 0), "Non0": (y_true[nonzero] > 0, y_pred[nonzero] > 0)}
    for name, (true, pred) in signs.items():
        result[f"{name}_acc_2"] = float((true == pred).mean()) if len(true) else float("nan")
        result[f"{name}_F1_score"] = weighted_f1(true, pred)
        result[f"{name}_F1_score_swapped"] = weighted_f1(pred, true)
    return result


def degree_accuracy(y_true: FloatArray, y_pred: FloatArray, most: int) -> float:
    """Return the fraction of rows whose number, cut to -most .. most and rounded half to even, is right."""
    true, pred = (np.round(np.clip(values, -most, most)) for values in (y_true, y_pred))
    return float((true == pred).mean())


def weighted_f1(y_true: npt.NDArray[np.bool_], y_pred: npt.NDArray[np.bool_]) -> float:
    """Return F1, mean over the two classes weighted by the rows of ``y_true``; NaN without rows."""
    from sklearn.metrics import f1_score

    return float(f1_score(y_true, y_pred, average="weighted", zero_division=0)) if len(y_true) else float("nan")
