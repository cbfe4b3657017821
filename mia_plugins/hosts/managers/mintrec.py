"""The manager for MIntRec."""

from __future__ import annotations

import os
from typing import Any

import torch

from .common import HostManager


class Manager(HostManager):
    """In-scope recognition; saves the weights itself, as ``save_model`` here wants a model with a ``config``."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        super().__init__(args, model, data.mm_dataloader, data.mm_data)

    def _save(self, args: Any) -> None:
        torch.save(self.model.state_dict(), os.path.join(args.model_output_path, "pytorch_model.bin"))

    def _restore(self, args: Any) -> None:
        path = os.path.join(args.model_output_path, "pytorch_model.bin")
        self.model.load_state_dict(torch.load(path, map_location=self.device))

    def _test(self, args: Any) -> dict[str, Any]:
        results = self._get_test_results(args)
        results["best_eval_score"] = round(self.best_eval_score, 4)  # wanted without --train as well
        return results
