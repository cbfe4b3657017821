"""What rejecting OOS costs: in-scope accuracy kept versus OOS caught, over all thresholds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .arrays import BoolArray, FloatArray, IntArray, flags, same_rows, scores_and_flags


class TradeoffCurve(NamedTuple):
    """Points from "reject everything" to "accept everything", each field shape (distinct scores + 1,)."""

    thresholds: FloatArray
    in_scope_accuracy: FloatArray
    oos_recall: FloatArray


def tradeoff_curve(scores: npt.ArrayLike, is_in_scope: npt.ArrayLike, is_correct: npt.ArrayLike) -> TradeoffCurve:
    """Sweep the threshold t; a row is accepted as in-scope when score >= t.

    in-scope accuracy = in-scope rows accepted *and* given the right intent / in-scope rows;
    OOS recall = OOS rows rejected / OOS rows. This is the OSCR curve (Dhamija et al. 2018) with 1 - FPR on the x axis.

    Args:
        scores: higher = more in-scope, shape (rows,).
        is_in_scope: 1 = in-scope, 0 = OOS, shape (rows,).
        is_correct: 1 where the predicted intent is right, shape (rows,); ignored in OOS rows.

    Returns:
        The curve; it begins at threshold infinity with accuracy 0 and recall 1.

    Raises:
        UserError: NaN scores, only one kind of row, or lengths that differ.

    Example:
        >>> curve = tradeoff_curve([0.9, 0.8, 0.5], [1, 0, 1], [1, 0, 1])
        >>> curve.in_scope_accuracy.tolist(), curve.oos_recall.tolist()
        ([0.0, 0.5, 0.5, 1.0], [1.0, 1.0, 0.0, 0.0])
    """
    values, inside = scores_and_flags(scores, is_in_scope)
    correct = flags("is_correct", is_correct)
    same_rows(scores=values, is_correct=correct)
    levels, place = np.unique(values, return_inverse=True)

    def accepted(group: BoolArray) -> IntArray:
        """Rows of a group at or above each threshold, from the highest down; ties are accepted together."""
        return np.cumsum(np.bincount(place[group], minlength=len(levels))[::-1])

    return TradeoffCurve(
        thresholds=np.concatenate(([np.inf], levels[::-1])),
        in_scope_accuracy=np.concatenate(([0.0], accepted(inside & correct) / inside.sum())),
        oos_recall=np.concatenate(([1.0], 1 - accepted(~inside) / (~inside).sum())),
    )


def tradeoff_area(curve: TradeoffCurve) -> float:
    """Return the trapezoidal area under in-scope accuracy over OOS recall.

    It is at most the accuracy without rejection, reached when every OOS row scores below every in-scope row; with all
    intents right it is the AUROC.

    Example:
        >>> tradeoff_area(tradeoff_curve([0.9, 0.8, 0.5], [1, 0, 1], [1, 0, 1]))
        0.5
    """
    from sklearn.metrics import auc

    return float(auc(curve.oos_recall, curve.in_scope_accuracy))
