"""Out-of-scope detectors: what they take, and what stops one before the training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from utils.metrics import OOD_Metrics

from ...errors import UserError
from .common import HostManager


def check_detector(args: Any, detectors: Mapping[str, Any], train_labels: Iterable[Any]) -> None:
    """Stops a detector that could only fail after the training."""
    name = args.ood_detection_method
    if name not in detectors:
        raise UserError(f"--ood_detection_method {name}: choose {', '.join(sorted(detectors))}")
    if name == "ma" and len({int(label) for label in train_labels}) < args.num_labels:
        raise UserError("--ood_detection_method ma: an intent has no training clip; choose another")


def detect(manager: HostManager, args: Any, detectors: Mapping[str, Any], y_logit: Any, test: Any) -> dict[str, Any]:
    """A detector's scores and metrics, on the in-scope part of the last layer, in float64."""
    logits = test["y_logit"][:, : args.num_labels]
    y_prob = 1 / np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1)  # the largest softmax probability
    inputs = {"y_logit": y_logit, "y_prob": y_prob, "y_feat": test["y_feat"].astype(float), "y_true": test["y_true"]}
    if args.ood_detection_method in ("residual", "ma", "vim"):
        fitted = manager._get_outputs(args, manager.reference_dataloader)
        inputs.update(train_feats=fitted["y_feat"].astype(float), train_labels=fitted["y_true"])
        inputs["w"], inputs["b"] = (part.detach().cpu().double()[: args.num_labels] for part in manager.model.vim())
    scores = detectors[args.ood_detection_method](args, inputs)
    in_scope = (test["y_true"] < args.num_labels).astype(int)
    return {**OOD_Metrics(args)(scores, in_scope, show_results=True), "scores": scores}
