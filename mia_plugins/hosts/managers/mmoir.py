"""The manager for MMOIR, single turns."""

from __future__ import annotations

from typing import Any

from evaluation.oos_cls import doc_classification
from evaluation.score_func import ood_detection_map
from scipy.special import expit
from utils.metrics import OID_Metrics

from .common import HostManager
from .detection import check_detector, detect


class Manager(HostManager):
    """Tests with out-of-scope clips by ``--test_mode``: ood_cls or ood_det."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        if args.test_ood and args.test_mode == "ood_det":
            check_detector(args, ood_detection_map, data.data["train"].label_ids)
        super().__init__(args, model._set_model(args), model.device, data.data)

    def _test(self, args: Any) -> dict[str, Any]:
        results = self._get_outputs(args, self.test_dataloader, show_results=True)
        if args.train:
            results["best_eval_score"] = round(self.best_eval_score, 4)
        y_true, y_prob = results["y_true"], expit(results["y_logit"].astype(float))
        if args.test_ood and args.test_mode == "ood_det":
            results.update(detect(self, args, ood_detection_map, y_prob[:, : args.num_labels], results))
        elif args.test_ood and y_prob.shape[1] > args.num_labels:  # out of scope is a class of the model's own
            results.update(OID_Metrics(args)(y_true, results["y_logit"].argmax(axis=1), show_results=True))
        elif args.test_ood:
            train = self._get_outputs(args, self.reference_dataloader)
            inputs = {"y_logit_train": expit(train["y_logit"].astype(float)), "y_true_train": train["y_true"]}
            results.update(doc_classification(args, {**inputs, "y_logit_test": y_prob, "y_true_test": y_true}))
        return results
