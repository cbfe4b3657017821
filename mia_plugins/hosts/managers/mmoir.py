"""The manager for MMOIR, single turns."""

from __future__ import annotations

from typing import Any

import numpy as np
from data.utils import get_dataloader
from evaluation.oos_cls import doc_classification
from evaluation.score_func import ood_detection_map
from scipy.special import expit
from utils.metrics import OID_Metrics

from .common import HostManager
from .detection import check_detector, detect
from .task import use_feature_widths


class Manager(HostManager):
    """Tests with out-of-scope clips by ``--test_mode``: ood_cls or ood_det."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        if args.test_ood and args.test_mode == "ood_det":
            check_detector(args, ood_detection_map, data.data["train"].label_ids)
        use_feature_widths(args, data.data["train"][0])
        super().__init__(args, model, get_dataloader(args, data.data), data.data)

    def _set_model(self, args: Any, model: Any) -> Any:
        return model._set_model(args).model

    def _test(self, args: Any) -> dict[str, Any]:
        results = self._get_test_results(args)
        y_prob = expit(results["y_logit"].astype(np.float64))
        if args.test_ood and args.test_mode == "ood_cls":
            results.update(self._classify(args, results, y_prob))
        elif args.test_ood and args.test_mode == "ood_det":
            results.update(detect(self, args, ood_detection_map, y_prob[:, : args.num_labels], results))
        return results

    def _classify(self, args: Any, test: dict[str, Any], y_prob: Any) -> dict[str, Any]:
        """Metrics with out of scope as one more class: the model's own, or by DOC where it has none."""
        if y_prob.shape[1] > args.num_labels:
            return OID_Metrics(args)(test["y_true"], test["y_logit"].argmax(axis=1), show_results=True)
        train = self._get_outputs(args, self.reference_dataloader)
        inputs = {"y_logit_train": expit(train["y_logit"].astype(np.float64)), "y_true_train": train["y_true"]}
        return doc_classification(args, {**inputs, "y_logit_test": y_prob, "y_true_test": test["y_true"]})
