"""Confusion matrix and the per-class table, by scikit-learn, for label ids that are checked first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import FloatArray, IntArray, label_ids, same_rows


class ClassScores(NamedTuple):
    """One value per class, each shape (classes,)."""

    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: IntArray


def confusion_counts(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: npt.ArrayLike) -> IntArray:
    """Count how often label ``labels[i]`` was predicted as ``labels[j]``.

    Args:
        y_true, y_pred: label ids, shape (rows,).
        labels: distinct label ids, shape (classes,); the matrix keeps their order.

    Returns:
        Counts, shape (classes, classes): row = true label, column = prediction.

    Raises:
        UserError: repeated `labels`, or an id outside them (scikit-learn would silently drop that row).

    Example:
        >>> confusion_counts([0, 1, 1], [0, 1, 2], labels=[0, 1, 2]).tolist()
        [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    """
    from sklearn.metrics import confusion_matrix

    true, pred, ids = _known_labels(y_true, y_pred, labels)
    return confusion_matrix(true, pred, labels=ids)


def class_scores(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: npt.ArrayLike) -> ClassScores:
    """Compute precision P, recall R, F1 = 2PR / (P + R) and the number of true rows of every class; 0 / 0 counts as 0.

    Args, Raises: as in `confusion_counts`.

    Example:
        >>> class_scores([0, 1, 1, 1], [0, 0, 1, 1], labels=[0, 1]).f1.round(3).tolist()
        [0.667, 0.8]
    """
    from sklearn.metrics import precision_recall_fscore_support

    true, pred, ids = _known_labels(y_true, y_pred, labels)
    return ClassScores(*precision_recall_fscore_support(true, pred, labels=ids, zero_division=0))


def class_table(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, names: Sequence[str]) -> list[dict[str, Any]]:
    """Score every class separately, one row per class in the order of its id.

    Args:
        y_true, y_pred: label ids, shape (rows,).
        names: name of class 0, 1, ...; append the OOS name to count OOS as a class.

    Returns:
        Rows with keys ``label`` (name), ``precision``, ``recall``, ``f1`` (fractions), ``support`` (true rows).

    Raises:
        UserError: an id without a name.

    Example:
        >>> class_table([0, 0, 1], [0, 1, 1], ["Thank", "Joke"])[1]
        {'label': 'Joke', 'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666, 'support': 1}
    """
    columns = [column.tolist() for column in class_scores(y_true, y_pred, np.arange(len(names)))]
    return [dict(zip(("label", *ClassScores._fields), row)) for row in zip(names, *columns)]


def _known_labels(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: npt.ArrayLike
) -> tuple[IntArray, IntArray, IntArray]:
    """Return all three as label ids, after checking that every row's id is one of `labels`."""
    true, pred, ids = label_ids("y_true", y_true), label_ids("y_pred", y_pred), label_ids("labels", labels)
    same_rows(y_true=true, y_pred=pred)
    if len(np.unique(ids)) < len(ids):
        raise UserError("labels: an id occurs twice; give every class once")
    for name, values in (("y_true", true), ("y_pred", pred)):
        unknown = ~np.isin(values, ids)
        if unknown.any():
            row = int(np.argmax(unknown))
            raise UserError(f"{name}: row {row} has label id {values[row]}, outside the {len(ids)} given classes")
    return true, pred, ids
