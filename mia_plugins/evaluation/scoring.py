"""From predictions to the benchmark's metrics."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ..errors import UserError
from .doc import doc_predict, doc_thresholds
from .in_scope import in_scope_metrics
from .ood_metrics import ood_metrics, ood_metrics_standard
from .ood_scores import ood_scores
from .open_set import oid_metrics, oid_metrics_fixed
from .predictions import Predictions


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-logits)) in float64, whatever the logits' precision."""
    from scipy.special import expit

    return expit(logits.astype(np.float64))


def in_scope_scores(predictions: Predictions, num_labels: int) -> dict[str, float]:
    """In-scope metrics of the in-scope clips; the prediction is the best in-scope class.

    Args:
        predictions: of any clips; out-of-scope ones are left out.
        num_labels: number of in-scope intents.
    """
    rows = predictions.label_ids < num_labels
    return in_scope_metrics(predictions.label_ids[rows], predictions.logits[rows, :num_labels].argmax(axis=1))


def dev_score(
    dev: Predictions, train: Callable[[], Predictions], *, monitor: str, num_labels: int, scale: float
) -> float:
    """The score that picks the best epoch, as a fraction.

    Args:
        dev: predictions of the dev clips.
        train: as in :func:`open_set_predictions`; called for ``is_os_f1`` alone.
        monitor: an in-scope metric (the benchmark's way), or ``is_os_f1``: the mean of F1-IS and F1-OS.
        num_labels: number of in-scope intents.
        scale: of DOC.

    Raises:
        UserError: ``is_os_f1`` without out-of-scope dev clips.
    """
    if monitor != "is_os_f1":
        return in_scope_scores(dev, num_labels)[monitor]
    if (dev.label_ids < num_labels).all():
        raise UserError("eval_monitor=is_os_f1 needs out-of-scope dev clips; add --train_ood, or choose another")
    y_open = open_set_predictions(dev, train, num_labels=num_labels, scale=scale)
    found = oid_metrics_fixed(dev.label_ids, y_open, num_labels)
    return (found["f1-known_fixed"] + found["f1-open_fixed"]) / 2


def open_set_predictions(
    test: Predictions, train: Callable[[], Predictions], *, num_labels: int, scale: float
) -> np.ndarray:
    """The class of every clip, ``num_labels`` for out of scope.

    A model with an out-of-scope class says so itself; otherwise DOC's thresholds, fitted on ``train``, decide.

    Args:
        test: predictions to decide on.
        train: makes the predictions of the in-scope training clips, when they are needed.
        num_labels: number of in-scope intents.
        scale: see :func:`doc_thresholds`.
    """
    if test.logits.shape[1] > num_labels:
        return test.logits.argmax(axis=1)
    fitted = train()
    thresholds = doc_thresholds(sigmoid(fitted.logits), fitted.label_ids, num_labels, scale)
    return doc_predict(sigmoid(test.logits), thresholds, num_labels)


def detection_scores(
    test: Predictions,
    train: Callable[[], Predictions],
    *,
    method: str,
    num_labels: int,
    weight: np.ndarray,
    bias: np.ndarray,
) -> np.ndarray:
    """In-scope scores ``(clips,)`` by one of the benchmark's detectors, on the in-scope part of the last layer."""
    fitted = train() if method in ("ma", "vim", "residual") else None
    return ood_scores(
        method,
        logits=test.logits[:, :num_labels],
        features=test.features,
        train_features=None if fitted is None else fitted.features,
        train_labels=None if fitted is None else fitted.label_ids,
        weight=weight[:num_labels],
        bias=bias[:num_labels],
        num_labels=num_labels,
    )


def score_test(
    test: Predictions,
    train: Callable[[], Predictions],
    *,
    num_labels: int,
    weight: np.ndarray,
    bias: np.ndarray,
    scale: float,
    test_mode: str | None,
    ood_detection_method: str,
) -> dict[str, Any]:
    """Everything a test run reports.

    Args:
        test: predictions of the test clips, in-scope and, with a ``test_mode``, out-of-scope ones.
        train: as in :func:`open_set_predictions`.
        num_labels: number of in-scope intents.
        weight, bias: of the last linear layer.
        scale: of DOC.
        test_mode: ``ood_cls`` (classify, out of scope included), ``ood_det`` (detect) or None (in-scope only).
        ood_detection_method: the detector of ``ood_det``.

    Returns:
        Metrics as fractions, under the benchmark's names, and the arrays ``y_true``, ``y_pred`` (best in-scope class),
        ``features``, ``logits``, and with a ``test_mode`` ``y_open`` (class with out of scope) or ``scores``.
    """
    results: dict[str, Any] = dict(in_scope_scores(test, num_labels))
    results["y_true"] = test.label_ids
    results["y_pred"] = test.logits[:, :num_labels].argmax(axis=1)
    results["features"] = test.features
    results["logits"] = test.logits
    if test_mode == "ood_cls":
        y_open = open_set_predictions(test, train, num_labels=num_labels, scale=scale)
        results.update(oid_metrics(test.label_ids, y_open))
        results.update(oid_metrics_fixed(test.label_ids, y_open, num_labels))
        results["y_open"] = y_open
    elif test_mode == "ood_det":
        scores = detection_scores(
            test, train, method=ood_detection_method, num_labels=num_labels, weight=weight, bias=bias
        )
        in_scope = test.label_ids < num_labels
        results.update(ood_metrics(scores, in_scope))
        results.update(ood_metrics_standard(scores, in_scope))
        results["scores"] = scores
    return results
