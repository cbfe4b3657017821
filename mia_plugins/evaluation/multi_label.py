"""Several labels a clip: which are predicted, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import BoolArray, FloatArray, finite

THRESHOLD = 0.5  # a label whose probability, the sigmoid of its logit, is above this is predicted


def decided(logits: npt.ArrayLike) -> BoolArray:
    """Return which labels are predicted: those with a probability above :data:`THRESHOLD`, that is a logit above 0.

    Example:
        >>> decided([[0.2, -1.0]]).tolist()
        [[True, False]]
    """
    return finite("logits", logits, ndim=2) > np.log(THRESHOLD / (1 - THRESHOLD))


def multi_label_metrics(y_true: npt.ArrayLike, logits: npt.ArrayLike) -> dict[str, float]:
    """Score several labels a clip, decided at :data:`THRESHOLD`, by scikit-learn; 0 / 0 counts as 0.

    Args:
        y_true: 0 or 1, shape (rows, labels).
        logits: shape (rows, labels).

    Returns:
        ``micro_f1`` over all decisions, ``macro_f1`` (mean over the labels), ``samples_f1`` (mean over the rows; one
        without a label counts 0), ``exact_match`` (fraction of rows with all labels right), ``hamming_loss`` (fraction of
        wrong decisions), and without a threshold ``mAP``: average precision, mean over the labels that occur; NaN if none.

    Raises:
        UserError: shapes that differ, no rows, or values other than 0 and 1.

    Example:
        >>> scores = multi_label_metrics([[1, 0], [1, 1]], [[2.0, -1.0], [1.0, -0.5]])
        >>> scores["exact_match"], scores["hamming_loss"], round(scores["micro_f1"], 3), scores["mAP"]
        (0.5, 0.25, 0.8, 1.0)
    """
    from sklearn.metrics import average_precision_score

    true, values = label_matrix(y_true), finite("logits", logits, ndim=2)
    if true.shape != values.shape:
        raise UserError(f"y_true {true.shape} and logits {values.shape} differ in shape; give one column per label")
    pred = decided(values)
    # scikit-learn takes a single column for classes 0 and 1, so F1 is computed from counts
    hits = (true & pred).sum(axis=0), true.sum(axis=0), pred.sum(axis=0)
    by_label, by_row = f1_of(*hits), f1_of((true & pred).sum(axis=1), true.sum(axis=1), pred.sum(axis=1))
    occurs = true.any(axis=0)
    precisions = [average_precision_score(true[:, i], values[:, i]) for i in np.flatnonzero(occurs)]
    return {
        "micro_f1": float(f1_of(*(part.sum() for part in hits))),
        "macro_f1": float(by_label.mean()),
        "samples_f1": float(by_row.mean()),
        "exact_match": float((true == pred).all(axis=1).mean()),
        "hamming_loss": float((true != pred).mean()),
        "mAP": float(np.mean(precisions)) if precisions else float("nan"),
    }


def label_matrix(y_true: npt.ArrayLike) -> BoolArray:
    """Return 0/1 labels as booleans, shape (rows, labels).

    Raises:
        UserError: another number of dimensions, or values other than 0 and 1.
    """
    array = finite("y_true", y_true, ndim=2)
    if not np.isin(array, (0, 1)).all():
        raise UserError("y_true: values must be 0 or 1, one column per label")
    return array.astype(np.bool_)


def f1_of(hits: Any, true: Any, predicted: Any) -> FloatArray:
    """Return 2 hits / (true + predicted), element by element; 0 where both are 0."""
    return np.asarray(2 * hits / np.maximum(true + predicted, 1), np.float64)


def label_table(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, names: Sequence[str]) -> list[dict[str, Any]]:
    """Score every label separately, one row per label in order, like :func:`~.classes.class_table`.

    Args:
        y_true, y_pred: 0 or 1, shape (rows, labels).
        names: of the labels.

    Returns:
        Rows with keys ``label``, ``precision``, ``recall``, ``f1`` (fractions), ``support`` (true rows).

    Example:
        >>> label_table([[1, 0], [1, 1]], [[1, 0], [0, 0]], ["Joke", "Taunt"])[0]
        {'label': 'Joke', 'precision': 1.0, 'recall': 0.5, 'f1': 0.6666666666666666, 'support': 2}
    """
    true, pred = label_matrix(y_true), label_matrix(y_pred)
    hits, support, predicted = (true & pred).sum(axis=0), true.sum(axis=0), pred.sum(axis=0)
    columns = (hits / np.maximum(predicted, 1), hits / np.maximum(support, 1), f1_of(hits, support, predicted), support)
    keys = ("label", "precision", "recall", "f1", "support")
    return [dict(zip(keys, row)) for row in zip(names, *(column.tolist() for column in columns))]
