"""The manager of A-MESS (arXiv 2503.19474)."""

from __future__ import annotations

from typing import Any

from data.utils import get_dataloader
from ood_detection import ood_detection_map
from utils.metrics import OOD_Metrics

from mia_plugins.hosts.upstream.templates.common import Manager
from mia_plugins.hosts.upstream.templates.detection import detector_inputs, use_feature_widths


class AMESS(Manager):
    """Detects out-of-scope clips by ``--ood_detection_method``."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        use_feature_widths(args, data.data["train"][0])
        net = model._set_model(args).model
        super().__init__(args, net, model.device, get_dataloader(args, data.data), data.data)

    def _test(self, args: Any) -> dict[str, Any]:
        results, test = self._get_outputs(args, self.test_dataloader, show_results=True)
        if args.train:
            results["best_eval_score"] = round(self.best_eval_score, 4)
        if args.ood:
            inputs = {"y_logit": test.logits[:, : args.num_labels], **detector_inputs(self, args, test)}
            scores = ood_detection_map[args.ood_detection_method](args, inputs)
            in_scope = (test.label_ids < args.num_labels).astype(int)
            results.update(OOD_Metrics(args)(scores, in_scope, show_results=True), scores=scores)
        return results
