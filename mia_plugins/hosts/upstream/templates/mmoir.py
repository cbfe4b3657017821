"""The manager of A-MESS (arXiv 2503.19474)."""

from __future__ import annotations

from typing import Any

from data.utils import get_dataloader
from evaluation.ood_det import ood_detection
from evaluation.oos_cls import doc_classification
from utils.metrics import OID_Metrics

from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.evaluation.scoring import sigmoid
from mia_plugins.hosts.upstream.templates.common import Manager
from mia_plugins.hosts.upstream.templates.detection import detector_inputs, use_feature_widths


class AMESS(Manager):
    """Tests with out-of-scope clips by ``--test_mode``: ood_cls or ood_det."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        use_feature_widths(args, data.data["train"][0])
        net = model._set_model(args).model
        super().__init__(args, net, model.device, get_dataloader(args, data.data), data.data)

    def _test(self, args: Any) -> dict[str, Any]:
        results, test = self._get_outputs(args, self.test_dataloader, show_results=True)
        if args.train:
            results["best_eval_score"] = round(self.best_eval_score, 4)
        if args.test_ood and args.test_mode == "ood_cls":
            results.update(self._classify(args, test))
        elif args.test_ood and args.test_mode == "ood_det":
            logits = test.logits[:, : args.num_labels]
            results.update(ood_detection(args, {"y_logit": sigmoid(logits), **detector_inputs(self, args, test)}))
        return results

    def _classify(self, args: Any, test: Predictions) -> dict[str, Any]:
        """Metrics with out of scope as one more class: the model's own, or by DOC where it has none."""
        if test.logits.shape[1] > args.num_labels:
            return OID_Metrics(args)(test.label_ids, test.logits.argmax(axis=1), show_results=True)
        fitted = self._get_outputs(args, self.reference_dataloader)[1]
        inputs = {
            "y_logit_train": sigmoid(fitted.logits),
            "y_true_train": fitted.label_ids,
            "y_logit_test": sigmoid(test.logits),
            "y_true_test": test.label_ids,
        }
        return doc_classification(args, inputs)
