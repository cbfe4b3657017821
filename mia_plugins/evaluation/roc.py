"""The threshold sweep all OOS measures share: who is accepted at each distinct score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import BoolArray, FloatArray, IntArray, finite, flags, same_rows


def scores_and_flags(scores: npt.ArrayLike, is_in_scope: npt.ArrayLike) -> tuple[FloatArray, BoolArray]:
    """Check scores and flags, each shape (rows,), and that both kinds of row occur.

    Raises:
        UserError: NaN or infinite scores, flags other than 0 and 1, different lengths, or one kind of row only.

    Example:
        >>> scores_and_flags([0.2, 0.9], [1, 1])
        Traceback (most recent call last):
        mia_plugins.errors.UserError: OOS metrics need both kinds of row: 2 in-scope, 0 OOS; add the missing ones
    """
    values, inside = finite("scores", scores, ndim=1), flags("is_in_scope", is_in_scope)
    same_rows(scores=values, is_in_scope=inside)
    num_in = int(inside.sum())
    num_out = len(inside) - num_in
    if not (num_in and num_out):
        raise UserError(f"OOS metrics need both kinds of row: {num_in} in-scope, {num_out} OOS; add the missing ones")
    return values, inside


def threshold_sweep(scores: FloatArray, *groups: BoolArray) -> tuple[FloatArray, list[IntArray]]:
    """Count for every distinct threshold, highest first, how many rows of each group score at or above it.

    Args:
        scores: finite, shape (rows,).
        groups: row masks, each shape (rows,).

    Returns:
        Thresholds, shape (distinct,), and one array of counts per group, each shape (distinct,). Tied rows are accepted
        together, so the result does not depend on row order.

    Example:
        >>> thresholds, (hits,) = threshold_sweep(np.array([0.3, 0.8, 0.3]), np.array([True, True, True]))
        >>> thresholds.tolist(), hits.tolist()
        ([0.8, 0.3], [1, 3])
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last_of_tie = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    return ranked[last_of_tie], [np.cumsum(group[order])[last_of_tie] for group in groups]


def area(x: FloatArray, y: FloatArray) -> float:
    """Return the trapezoidal area under points with ascending x.

    Example:
        >>> area(np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0, 1.0]))
        0.75
    """
    return float(np.diff(x) @ (y[1:] + y[:-1]) / 2)
