"""The manager for MIntOOD."""

from __future__ import annotations

from typing import Any

from ood_detection import ood_detection_map

from .common import HostManager
from .detection import check_detector, detect
from .task import use_feature_widths


class Manager(HostManager):
    """Detects out-of-scope clips by ``--ood_detection_method``; the detectors take the logits as they are."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        if args.ood:
            check_detector(args, ood_detection_map, data.data["train"].label_ids)
        use_feature_widths(args, data.data["train"][0])
        super().__init__(args, model._set_model(args), model.device, data.data)

    def _test(self, args: Any) -> dict[str, Any]:
        results = self._get_outputs(args, self.test_dataloader, show_results=True)
        if args.train:
            results["best_eval_score"] = round(self.best_eval_score, 4)
        if args.ood:
            y_logit = results["y_logit"][:, : args.num_labels]
            results.update(detect(self, args, ood_detection_map, y_logit, results))
        return results
