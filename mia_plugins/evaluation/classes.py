"""Confusion matrix and the per-class table made from it."""

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
        labels: distinct label ids, shape (classes,); their order is that of the matrix.

    Returns:
        Counts, shape (classes, classes): row = true label, column = prediction.

    Raises:
        UserError: repeated `labels`, or an id outside them (scikit-learn would silently drop that row).

    Example:
        >>> confusion_counts([0, 1, 1], [0, 1, 2], labels=[0, 1, 2]).tolist()
        [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    """
    true, pred, ids = label_ids("y_true", y_true), label_ids("y_pred", y_pred), label_ids("labels", labels)
    same_rows(y_true=true, y_pred=pred)
    order = np.argsort(ids)
    ordered = ids[order]
    if (np.diff(ordered) == 0).any():
        raise UserError("labels: an id occurs twice; give every class once")

    def positions(name: str, values: IntArray) -> IntArray:
        at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
        unknown = ordered[at] != values
        if unknown.any():
            row = int(np.argmax(unknown))
            raise UserError(f"{name}: row {row} has label id {values[row]}, outside the {len(ids)} given classes")
        return order[at]

    cells = positions("y_true", true) * len(ids) + positions("y_pred", pred)
    return np.bincount(cells, minlength=len(ids) ** 2).reshape(len(ids), len(ids))


def class_scores(matrix: IntArray) -> ClassScores:
    """Read precision, recall and F1 = 2PR / (P + R) of every class off a confusion matrix; 0 / 0 counts as 0.

    Args:
        matrix: counts, shape (classes, classes), row = true label.

    Example:
        >>> class_scores(np.array([[1, 0], [1, 2]])).f1.round(3).tolist()
        [0.667, 0.8]
    """
    hits, support = np.diag(matrix), matrix.sum(axis=1)
    precision = _ratio(hits, matrix.sum(axis=0))
    recall = _ratio(hits, support)
    return ClassScores(precision, recall, _ratio(2 * recall * precision, recall + precision), support)


def class_table(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, names: Sequence[str]) -> list[dict[str, Any]]:
    """Score every class on its own, one row per class in the order of its id.

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
    scores = class_scores(confusion_counts(y_true, y_pred, np.arange(len(names))))
    columns = (names, *(column.tolist() for column in scores))
    return [dict(zip(("label", *ClassScores._fields), row)) for row in zip(*columns)]


def _ratio(top: npt.NDArray[Any], bottom: npt.NDArray[Any]) -> FloatArray:
    ratio: FloatArray = np.divide(top, bottom, out=np.zeros(len(top)), where=bottom != 0)
    return ratio
