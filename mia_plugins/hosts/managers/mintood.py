"""The manager for MIntOOD."""

from __future__ import annotations

from typing import Any

from data.utils import get_dataloader
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
        super().__init__(args, model, get_dataloader(args, data.data), data.data)

    def _set_model(self, args: Any, model: Any) -> Any:
        return model._set_model(args).model

    def _test(self, args: Any) -> dict[str, Any]:
        results = self._get_test_results(args)
        if args.ood:
            y_logit = results["y_logit"][:, : args.num_labels]
            results.update(detect(self, args, ood_detection_map, y_logit, results))
        return results
