"""The manager of A-MESS (arXiv 2503.19474)."""

from __future__ import annotations

import logging
from typing import Any

from data.single_turn.utils import get_dataloader
from methods.single_turn.MAG_BERT.manager import MAG_BERT
from utils.metrics import OID_Metrics

from mia_plugins.evaluation.scoring import sigmoid
from mia_plugins.hosts.upstream.templates.common import Manager


class DOC(MAG_BERT):
    """The benchmark's open-set rule, which is part of its managers, without the rest of one."""

    def __init__(self, args: Any) -> None:
        self.logger = logging.getLogger(args.logger_name)


class AMESS(Manager):
    """For ``amess``, trained in scope, and ``amess_ood``, trained with out-of-scope clips."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        super().__init__(args, model.model.model, model.device, get_dataloader(args, data.data), data.data)

    def _test(self, args: Any) -> dict[str, Any]:
        results, test = self._get_outputs(args, self.test_dataloader, show_results=True)
        if args.train:
            results["best_eval_score"] = round(self.best_eval_score, 4)
        if args.ood:
            if test.logits.shape[1] > args.num_labels:  # out of scope is a class of the model's own
                y_open = test.logits.argmax(axis=1)
            else:
                fitted, doc = self._get_outputs(args, self.reference_dataloader)[1], DOC(args)
                mu_stds = doc.cal_mu_std(sigmoid(fitted.logits), fitted.label_ids, args.num_labels)
                y_open = doc.classify_doc(args, sigmoid(test.logits), mu_stds)
            results.update(OID_Metrics(args)(test.label_ids, y_open, show_results=True))
        return results
