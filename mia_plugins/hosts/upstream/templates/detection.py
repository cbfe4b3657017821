"""What the benchmark's out-of-scope detectors take."""

from __future__ import annotations

from typing import Any

import numpy as np

from mia_plugins.evaluation.ood_scores import msp
from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.hosts.upstream.templates.common import Manager


def detector_inputs(manager: Manager, args: Any, test: Predictions) -> dict[str, Any]:
    """The detectors' inputs but for ``y_logit``, on the in-scope part of the last layer, in float64."""
    inputs = {
        "y_prob": msp(test.logits[:, : args.num_labels]),
        "y_feat": test.features.astype(np.float64),
        "y_true": test.label_ids,
    }
    if args.ood_detection_method in ("residual", "ma", "vim"):
        fitted = manager._get_outputs(args, manager.reference_dataloader)[1]
        inputs.update(train_feats=fitted.features.astype(np.float64), train_labels=fitted.label_ids)
        weight, bias = (part.detach().double() for part in manager.model.vim())
        inputs.update(w=weight[: args.num_labels], b=bias[: args.num_labels])
    return inputs


def use_feature_widths(args: Any, first: dict[str, Any]) -> None:
    """Sets the widths of video and audio to those of a clip: the tables know one kind of features a data set."""
    args.video_feat_dim, args.audio_feat_dim = first["video_feats"].shape[-1], first["audio_feats"].shape[-1]
