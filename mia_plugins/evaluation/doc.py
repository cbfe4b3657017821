"""DOC: reject as OOS every row that no class claims firmly (Shu et al. 2017, "DOC: Deep Open Classification", eq. 2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import FloatArray, IntArray, finite, label_ids, same_rows


def doc_thresholds(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, num_labels: int, scale: float = 1.0
) -> FloatArray:
    """Fit one acceptance threshold per class, t_c = max(0.5, 1 - scale * std_c), to training rows.

    A Gaussian with mean 1 is fitted to the p_c of the rows labelled c and their mirror images 2 - p_c, so
    std_c = sqrt(mean((1 - p_c)^2)). All rows of the class count, misclassified ones too, as in the hosts.

    Args:
        probabilities: sigmoid(logits) of training rows, shape (rows, num_labels); NaN and infinity count as 0 (MMOIR).
        labels: their label ids, shape (rows,); rows of other ids (OOS) are ignored.
        num_labels: number of intents.
        scale: how many standard deviations below 1 are still accepted (host option ``scale``; the paper uses 3).

    Returns:
        Thresholds, shape (num_labels,); 0.5 for a class without rows.

    Raises:
        UserError: shapes that do not fit.

    Example:
        >>> doc_thresholds([[0.9, 0.1], [0.7, 0.2]], [0, 0], num_labels=2).round(3)
        array([0.776, 0.5  ])
    """
    ids, probs = label_ids("labels", labels), _matrix(probabilities, num_labels)
    same_rows(probabilities=probs, labels=ids)
    inside = (ids >= 0) & (ids < num_labels)
    ids, probs = ids[inside], probs[inside]
    of_label = probs[np.arange(len(ids)), ids]
    squares = (1 - np.where(np.isfinite(of_label), of_label, 0)) ** 2
    count = np.bincount(ids, minlength=num_labels)
    variance = np.bincount(ids, squares, num_labels) / np.maximum(count, 1)
    return np.where(count > 0, np.maximum(0.5, 1 - scale * np.sqrt(variance)), 0.5)


def doc_predict(probabilities: npt.ArrayLike, thresholds: npt.ArrayLike, ood_label: int) -> IntArray:
    """Predict the most probable class where its probability is above (not at) its threshold, else OOS.

    Args:
        probabilities: sigmoid(logits), shape (rows, num_labels); a row with NaN becomes OOS.
        thresholds: from `doc_thresholds`, shape (num_labels,).
        ood_label: the id that means OOS.

    Returns:
        Label ids, shape (rows,).

    Raises:
        UserError: shapes that do not fit.

    Example:
        >>> doc_predict([[0.9, 0.1], [0.6, 0.7], [0.2, 0.5]], [0.8, 0.5], ood_label=2)
        array([0, 1, 2])
    """
    limits = finite("thresholds", thresholds, ndim=1)
    probs = _matrix(probabilities, len(limits))
    best = probs.argmax(axis=1)
    # NaN > threshold is false, so a row with NaN (argmax finds it) is rejected.
    return np.where(probs.max(axis=1) > limits[best], best, ood_label).astype(np.int64)


def _matrix(probabilities: npt.ArrayLike, num_labels: int) -> FloatArray:
    probs = np.asarray(probabilities, dtype=np.float64)
    if probs.ndim != 2 or probs.shape[1] != num_labels:
        raise UserError(f"probabilities: shape {probs.shape}; DOC needs (rows, {num_labels}), one column per intent")
    return probs
