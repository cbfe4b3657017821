"""Which metrics a problem has, and what its logits predict: classes, several labels a clip, or a number."""

from __future__ import annotations

import numpy as np

from .in_scope import in_scope_metrics
from .multi_label import decided, multi_label_metrics
from .predictions import Predictions
from .regression import regression_metrics


def in_scope_scores(predictions: Predictions, num_labels: int) -> dict[str, float]:
    """Compute the in-scope metrics of the in-scope clips; the prediction is the in-scope class with the largest logit.

    Args:
        predictions: of any clips; out-of-scope ones are left out.
        num_labels: number of in-scope intents.
    """
    rows = predictions.label_ids < num_labels
    return in_scope_metrics(predictions.label_ids[rows], predictions.logits[rows, :num_labels].argmax(axis=1))


def problem_scores(predictions: Predictions, num_labels: int, problem: str) -> dict[str, float]:
    """Compute the metrics of a problem, of classes those of :func:`in_scope_scores`; see the modules of each.

    Args:
        predictions: of any clips.
        num_labels: number of in-scope intents.
        problem: ``multi-class``, ``multi-label`` or ``regression``.
    """
    if problem == "multi-label":
        return multi_label_metrics(predictions.label_ids, predictions.logits)
    if problem == "regression":
        return regression_metrics(predictions.label_ids, predictions.logits[:, 0])
    return in_scope_scores(predictions, num_labels)


def predicted(logits: np.ndarray, num_labels: int, problem: str) -> np.ndarray:
    """Return what is predicted: the best in-scope class, int64 0 or 1 for each label, or the number."""
    if problem == "multi-label":
        return decided(logits).astype(np.int64)
    return logits[:, 0] if problem == "regression" else logits[:, :num_labels].argmax(axis=1)
