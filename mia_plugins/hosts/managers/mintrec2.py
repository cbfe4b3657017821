"""The manager for MIntRec2.0, single turns."""

from __future__ import annotations

import logging
from typing import Any

from methods.single_turn.MAG_BERT.manager import MAG_BERT
from scipy.special import expit
from utils.metrics import OID_Metrics

from .common import HostManager


class DOC(MAG_BERT):
    """The open-set rule, which is part of the managers here, without the rest of one."""

    def __init__(self, args: Any) -> None:
        self.logger = logging.getLogger(args.logger_name)


class Manager(HostManager):
    """Trains in scope, or with out-of-scope clips under a name that ends in ``_ood``."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        super().__init__(args, model.model, model.device, data.data)

    def _test(self, args: Any) -> dict[str, Any]:
        results = self._get_outputs(args, self.test_dataloader, show_results=True)
        if args.train:
            results["best_eval_score"] = round(self.best_eval_score, 4)
        if args.ood:
            y_open = self._classify(args, results["y_logit"])
            results.update(OID_Metrics(args)(results["y_true"], y_open, show_results=True))
        return results

    def _classify(self, args: Any, y_logit: Any) -> Any:
        """The class of every clip, out of scope included: the model's own, or by DOC where it has none."""
        if y_logit.shape[1] > args.num_labels:
            return y_logit.argmax(axis=1)
        train, doc = self._get_outputs(args, self.reference_dataloader), DOC(args)
        mu_stds = doc.cal_mu_std(expit(train["y_logit"].astype(float)), train["y_true"], args.num_labels)
        return doc.classify_doc(args, expit(y_logit.astype(float)), mu_stds)
