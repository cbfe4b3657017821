"""Intent recognition on the in-scope rows: the hosts' ``Metrics``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import label_ids
from .classes import class_scores


def in_scope_metrics(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> dict[str, float]:
    """Score the predicted intents by accuracy and macro and support-weighted F1, precision and recall.

    The mean runs over the labels present in `y_true` or `y_pred`, scikit-learn's default: an intent that occurs in
    neither is left out of the mean, and OOS as a label would be part of it. Pass the in-scope rows only.

    Args:
        y_true, y_pred: label ids, shape (rows,).

    Returns:
        ``acc``, ``f1``, ``weighted_f1``, ``prec``, ``weighted_prec``, ``rec``, ``weighted_rec``. A class without
        predictions has precision 0, one without true rows recall 0.

    Raises:
        UserError: no rows, different lengths, or ids that are not whole numbers.

    Example:
        >>> result = in_scope_metrics([0, 0, 1, 2], [0, 1, 1, 2])
        >>> round(result["acc"], 3), round(result["f1"], 3), round(result["weighted_prec"], 3)
        (0.75, 0.778, 0.875)
    """
    true, pred = label_ids("y_true", y_true), label_ids("y_pred", y_pred)
    scores = class_scores(true, pred, np.union1d(true, pred))
    result = {"acc": float((true == pred).mean())}
    for name, values in (("f1", scores.f1), ("prec", scores.precision), ("rec", scores.recall)):
        result[name] = float(values.mean())
        result[f"weighted_{name}"] = float(np.average(values, weights=scores.support))
    return result
