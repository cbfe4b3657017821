"""Test results by the host's own code: its metrics, its DOC, its out-of-scope detectors, in its conventions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np
from torch import Tensor

from ...errors import UserError
from ...evaluation.ood_scores import msp
from ...evaluation.predictions import Predictions
from ...evaluation.scoring import sigmoid
from ..facts.host import Host

FITTED = ("residual", "ma", "vim")  # detectors that want the training clips' features


def mode_of(host: Host, args: Any) -> str | None:
    """What a run tests beside in-scope metrics: ``ood_cls``, ``ood_det`` or None."""
    if "test_mode" in args:  # MMOIR
        return args.test_mode if args.test_ood else None
    if not args.get("ood"):
        return None
    return "ood_det" if host.detectors else "ood_cls"


def check_detector(host: Host, args: Any, train_labels: Any) -> None:
    """Stops, before any training, a detector that could only fail after it.

    Raises:
        UserError: the host has no such detector, or it would divide by an empty class.
    """
    if mode_of(host, args) != "ood_det":
        return
    known = import_module(host.detectors).ood_detection_map
    name = args.ood_detection_method
    if name not in known:
        raise UserError(f"--ood_detection_method {name}: {host.name} has {', '.join(sorted(known))}")
    absent = set(range(args.num_labels)) - {int(label) for label in train_labels}
    if name == "ma" and absent:
        raise UserError(
            f"--ood_detection_method ma: intent {min(absent)} has no training clip, {host.name} would divide by zero; "
            "choose msp, maxlogit, energy, residual or vim"
        )


def in_scope_results(args: Any, test: Predictions) -> dict[str, Any]:
    """In-scope metrics by the host's ``Metrics`` and the arrays its ``save_results`` keeps; shown in the log."""
    num_labels = args.num_labels
    logits = test.logits[:, :num_labels]
    y_pred, rows = logits.argmax(axis=1), test.label_ids < num_labels
    metrics = import_module("utils.metrics").Metrics(args)
    results = dict(metrics(test.label_ids[rows], y_pred[rows], show_results=True))
    return {**results, "y_true": test.label_ids, "y_pred": y_pred, "y_feat": test.features, "features": test.features}


def open_set_results(
    host: Host, args: Any, test: Predictions, train: Callable[[], Predictions]
) -> tuple[dict[str, Any], np.ndarray | None]:
    """IS + OOS classification by the host's OID metrics: a model's own out-of-scope class, or the host's DOC.

    Returns:
        The metrics, and the classes where the host hands them out.
    """
    oid_metrics = import_module("utils.metrics").OID_Metrics(args)
    if test.logits.shape[1] > args.num_labels:
        y_open = test.logits.argmax(axis=1)
        return oid_metrics(test.label_ids, y_open, show_results=True), y_open
    fitted = train()
    p_train, p_test = sigmoid(fitted.logits), sigmoid(test.logits)
    if not host.doc.startswith("map:"):
        inputs = {"y_logit_train": p_train, "y_true_train": fitted.label_ids}
        inputs.update(y_logit_test=p_test, y_true_test=test.label_ids)
        return import_module(host.doc).doc_classification(args, inputs), None
    # DOC is a part of another method's manager there: three functions, called with what they use of it
    owner = import_module(host.methods).method_map[host.doc[4:]]
    bare = SimpleNamespace(logger=logging.getLogger(args.logger_name), fit=lambda values: owner.fit(None, values))
    y_open = owner.classify_doc(bare, args, p_test, owner.cal_mu_std(bare, p_train, fitted.label_ids, args.num_labels))
    return oid_metrics(test.label_ids, y_open, show_results=True), y_open


def detection_results(
    host: Host, args: Any, test: Predictions, train: Callable[[], Predictions], weight: Tensor, bias: Tensor
) -> dict[str, Any]:
    """Detection by the host's score function and ``OOD_Metrics``, on the in-scope part of the last layer.

    Features and weights go in as float64, where the host's own methods hand over float32: the same numbers, more exact.
    """
    logits = test.logits[:, : args.num_labels]
    inputs: dict[str, Any] = {
        "y_logit": logits if host.raw_logits else sigmoid(logits),
        "y_prob": msp(logits),
        "y_feat": test.features.astype(np.float64),
        "y_true": test.label_ids,
    }
    if args.ood_detection_method in FITTED:
        fitted = train()
        inputs.update(train_feats=fitted.features.astype(np.float64), train_labels=fitted.label_ids)
        inputs.update(w=weight[: args.num_labels].double(), b=bias[: args.num_labels].double())
    scores = import_module(host.detectors).ood_detection_map[args.ood_detection_method](args, inputs)
    in_scope = (test.label_ids < args.num_labels).astype(int)
    metrics = import_module("utils.metrics").OOD_Metrics(args)
    return {**metrics(scores, in_scope, show_results=True), "scores": scores}
