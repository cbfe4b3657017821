"""Training by a manager of the method's own."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import torch

from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.training.predict import outputs

from ...managers.common import HostManager


class Trainer:
    """What the method's manager builds on; ``host`` in ``args`` is the manager here."""

    def __init__(self, args: Any, data: Any, model: Any) -> None:
        self.data, self.model, self.settings = data, model, args.settings
        self.logger, self.best_eval_score = logging.getLogger(args.host.args.logger_name), 0.0

    def _predict(self, args: Any, loader: Any, what: str) -> Predictions:
        """The model's predictions of every clip."""
        batches = outputs(self.model, loader, device=args.device, precision=self.settings.precision, what=what)
        parts = [(out.logits.float().cpu(), out.features.float().cpu(), batch["label_ids"]) for batch, out in batches]
        return Predictions(*(torch.cat(part).numpy() for part in zip(*parts)))

    def _score(self, args: Any) -> float:
        """The score on dev."""
        return args.host._score(self.model)

    def _train(self, args: Any) -> None:
        """Trains in the usual way."""
        HostManager._train(args.host, args.host.args)
        self.best_eval_score = args.host.best_eval_score


def train_with(kind: Any, host: Any, args: Any) -> None:
    """Trains by the method's manager, and saves the model where that is asked for."""
    loaders = {"train": host.train_dataloader, "dev": host.eval_dataloader, "test": host.test_dataloader}
    data = SimpleNamespace(reference=host.reference_dataloader, bank=host.reference_dataloader, **loaders)
    options = {"settings": host.settings, "num_labels": args.num_labels, "device": host.device, "train": True}
    arguments = SimpleNamespace(host=host, save_model=False, **options)
    trainer = kind(arguments, data, host.model)
    trainer._train(arguments)
    host.model, host.best_eval_score = trainer.model, trainer.best_eval_score
    if args.save_model:
        host._save(args)
