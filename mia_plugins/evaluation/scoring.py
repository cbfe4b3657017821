"""From a model's predictions to the benchmark's metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UserError
from .doc import doc_predict, doc_thresholds
from .metrics import METRICS, computed_metrics, oriented
from .ood_metrics import ood_metrics, ood_metrics_standard
from .ood_scores import ood_scores
from .open_set import oid_metrics, oid_metrics_fixed
from .predictions import Predictions
from .problems import predicted, problem_scores


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-logits)) in float64, whatever the logits' precision."""
    from scipy.special import expit

    return expit(logits.astype(np.float64))


def check_logits(predictions: Predictions, clips: str) -> None:
    """Refuse logits from which no prediction can be made: argmax would take NaN for the first class.

    Args:
        predictions: of any clips.
        clips: what to call them in an error, such as ``test``.

    Raises:
        UserError: a logit is NaN or infinite.
    """
    bad = ~np.isfinite(predictions.logits).all(axis=1)
    if bad.any():
        raise UserError(
            f"{clips} clips: logits of {bad.sum()} of {len(bad)} are NaN or infinite, first in row {np.argmax(bad)}; "
            "the model's weights or the clips' features are damaged: train again or check the feature files"
        )


def dev_score(
    dev: Predictions,
    train: Callable[[], Predictions],
    *,
    monitor: str,
    num_labels: int,
    scale: float,
    problem: str = "multi-class",
) -> float:
    """Compute the score that picks the best epoch: the higher, the better. An error is negated.

    Args:
        dev: predictions of the dev clips.
        train: as in :func:`open_set_predictions`; called for ``is_os_f1`` alone.
        monitor: an in-scope metric (the benchmark's way), ``is_os_f1``: the mean of F1-IS and F1-OS, or a registered
            metric with ``compute``.
        num_labels: number of in-scope intents.
        scale: of DOC.
        problem: see :func:`~.problems.problem_scores`.

    Raises:
        UserError: logits that are not finite, ``is_os_f1`` without out-of-scope dev clips, or a metric that fails, is not
            there or not finite.
    """
    check_logits(dev, "dev")
    if monitor != "is_os_f1":
        registered = METRICS[monitor].compute is not None
        scores = problem_scores(dev, num_labels, problem) if not registered else {}
        value = computed(monitor, dev, num_labels) if registered else scores.get(monitor, float("nan"))
        if not np.isfinite(value):
            raise UserError(f"eval_monitor={monitor} is {value} on the dev clips, and picks no epoch; choose another")
        return oriented(monitor, value)
    if (dev.label_ids < num_labels).all():
        raise UserError("eval_monitor=is_os_f1 needs out-of-scope dev clips; add --train_ood, or choose another")
    y_open = open_set_predictions(dev, train, num_labels=num_labels, scale=scale)
    metrics = oid_metrics_fixed(dev.label_ids, y_open, num_labels)
    return (metrics["f1-known_fixed"] + metrics["f1-open_fixed"]) / 2


def computed(name: str, predictions: Predictions, num_labels: int) -> float:
    """Compute a registered metric by its own function, which cannot change the arrays.

    Raises:
        UserError: the function fails, or returns no number.
    """
    compute, arrays = METRICS[name].compute, []
    for array in (predictions.logits, predictions.features, predictions.label_ids):
        arrays.append(array.view())
        arrays[-1].flags.writeable = False
    try:
        return float(compute(Predictions(*arrays), num_labels))  # type: ignore[misc]
    except Exception as error:  # somebody's code
        raise UserError(
            f"metric {name!r}: its compute fails on {len(predictions.label_ids)} clips ({type(error).__name__}: {error})"
        ) from error


def open_set_predictions(
    test: Predictions, train: Callable[[], Predictions], *, num_labels: int, scale: float
) -> np.ndarray:
    """Predict the class of every clip, ``num_labels`` for out of scope.

    A model with an out-of-scope class decides by its largest logit; otherwise DOC's thresholds, fitted on ``train``,
    decide.

    Args:
        test: predictions to decide on.
        train: makes the predictions of the in-scope training clips, when they are needed.
        num_labels: number of in-scope intents.
        scale: see :func:`doc_thresholds`.
    """
    if test.logits.shape[1] > num_labels:
        return test.logits.argmax(axis=1)
    fitted = train()
    check_logits(fitted, "training")
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
    """Compute in-scope scores ``(clips,)`` by one of the benchmark's detectors, from the last layer's in-scope classes.

    Args, Returns, Raises: see :func:`ood_scores`; ``train`` as in :func:`open_set_predictions`.
    """
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
    problem: str = "multi-class",
) -> dict[str, Any]:
    """Compute everything a test run reports.

    Args:
        test: predictions of the test clips, in-scope and, with a ``test_mode``, out-of-scope ones.
        train: as in :func:`open_set_predictions`.
        num_labels: number of in-scope intents.
        weight, bias: of the last linear layer, ``(classes, width)`` and ``(classes,)``.
        scale: of DOC.
        test_mode: ``ood_cls`` (classify, out of scope included), ``ood_det`` (detect) or None (in-scope only).
        ood_detection_method: the detector of ``ood_det``.
        problem: see :func:`~.problems.problem_scores`.

    Returns:
        Metrics as fractions, under the benchmark's names, and registered ones with ``compute`` as they return them. The
        arrays ``y_true``, ``y_pred`` (see :func:`~.problems.predicted`), ``features``, ``logits``, and with a ``test_mode``
        ``y_open`` (class with out of scope) or ``scores``.

    Raises:
        UserError: logits that are not finite, or a detector or a registered metric that cannot be computed.
    """
    check_logits(test, "test")
    results: dict[str, Any] = dict(problem_scores(test, num_labels, problem))
    results["y_true"] = test.label_ids
    results["y_pred"] = predicted(test.logits, num_labels, problem)
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
    results.update({name: computed(name, test, num_labels) for name in computed_metrics(problem)})
    return results
