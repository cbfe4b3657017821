"""The manager for MIntRec."""

from __future__ import annotations

import os
from typing import Any

import torch

from .batches import collate
from .common import HostManager


def collate_measured(clips: list[Any]) -> dict[str, Any]:
    """As :func:`collate`, of clips that do not say how many frames they have: those up to the last that is not zero."""
    measured = []
    for clip in clips:
        lengths = {}
        for kind in ("video", "audio"):
            frames = torch.as_tensor(clip[f"{kind}_feats"]).ne(0).any(dim=-1).nonzero()
            lengths[f"{kind}_lengths"] = int(frames.max()) + 1 if len(frames) else 1
        measured.append({**clip, **lengths})
    return collate(measured)


class Manager(HostManager):
    """In-scope recognition; saves the weights itself, as ``save_model`` here wants a model with a ``config``."""

    collate_fn = staticmethod(collate_measured)

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        super().__init__(args, model.model, model.device, data.mm_data)

    def _save(self, args: Any) -> None:
        torch.save(self.model.state_dict(), os.path.join(args.model_output_path, "pytorch_model.bin"))

    def _restore(self, args: Any) -> None:
        path = os.path.join(args.model_output_path, "pytorch_model.bin")
        self.model.load_state_dict(torch.load(path, map_location=self.device))

    def _test(self, args: Any) -> dict[str, Any]:
        results = self._get_outputs(args, self.test_dataloader, show_results=True)
        results["best_eval_score"] = round(self.best_eval_score, 4)  # wanted without --train as well
        return results
