"""What the managers of all hosts share: training that keeps the best epoch, and predictions with their metrics."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import torch
from torch.utils.data import DataLoader
from utils.functions import restore_model, save_model
from utils.metrics import Metrics

from ...training.loop import Epoch, epochs_since_best, fit
from ...training.optimizer import make_optimizer
from ...training.predict import outputs
from .batches import collate, training_clips


class HostManager:
    """Trains with ``--train``, otherwise restores what ``--save_model`` kept; a host adds its ``_test``.

    Args:
        args: the host's arguments, the hyper-parameters among them.
        model: the host's network, which holds the method's as ``model``.
        device: where it is.
        splits: the host's data sets: ``train``, ``dev``, ``test``; ``ood_train`` where the training is to see it.
    """

    collate_fn, new_optimizer = staticmethod(collate), staticmethod(make_optimizer)

    def __init__(self, args: Any, model: Any, device: torch.device, splits: Mapping[str, Any]) -> None:
        self.logger = logging.getLogger(args.logger_name)
        self.args, self.settings, self.model, self.device = args, args, model.model, device
        self.metrics, self.best_eval_score = Metrics(args), 0.0
        self.train_dataloader = self._loader(training_clips(args, splits), args.train_batch_size, shuffle=True)
        self.eval_dataloader = self._loader(splits["dev"], args.eval_batch_size)
        self.test_dataloader = self._loader(splits["test"], args.eval_batch_size)
        # thresholds and detectors are fitted on the in-scope training clips, in their order
        self.reference_dataloader = self._loader(splits["train"], args.eval_batch_size)
        if not args.train:
            self._restore(args)

    def _loader(self, clips: Any, batch_size: int, shuffle: bool = False) -> DataLoader:
        options: dict[str, Any] = {"num_workers": self.args.num_workers, "pin_memory": torch.cuda.is_available()}
        return DataLoader(clips, batch_size=batch_size, shuffle=shuffle, collate_fn=self.collate_fn, **options)

    def _restore(self, args: Any) -> None:
        restore_model(self.model, args.model_output_path, self.device)

    def _save(self, args: Any) -> None:
        save_model(self.model, args.model_output_path)

    def _train(self, args: Any) -> None:
        best = {}

        def after_epoch(history: list[Epoch]) -> None:
            if epochs_since_best(history) == 0:
                best.update({name: value.cpu().clone() for name, value in self.model.state_dict().items()})
            epoch = history[-1]
            self.logger.info("***** Epoch: %s: Eval results *****", epoch.number)
            for name, value in {"train_loss": epoch.loss, **epoch.terms, "eval_score": epoch.score}.items():
                self.logger.info("  %s = %.4f", name, value)

        steps = len(self.train_dataloader) * args.num_train_epochs
        optimizer, scheduler = self.new_optimizer(self.model, self.settings, steps)
        options: dict[str, Any] = {"settings": self.settings, "device": self.device, "after_epoch": after_epoch}
        history = fit(self.model, self.train_dataloader, self._score, optimizer, scheduler, **options)
        self.model.load_state_dict(best)
        self.best_eval_score = max(epoch.score for epoch in history)
        if args.save_model:
            self.logger.info("Trained models are saved in %s", args.model_output_path)
            self._save(args)

    def _score(self, model: Any) -> float:
        return self._get_outputs(self.args, self.eval_dataloader)[self.args.eval_monitor]

    def _get_outputs(self, args: Any, dataloader: Any, show_results: bool = False) -> dict[str, Any]:
        """Metrics of the in-scope clips, and the arrays of all clips; ``y_pred`` is the best in-scope class."""
        batches = outputs(self.model, dataloader, device=self.device, precision=self.settings.precision)
        parts = [(out.logits.float().cpu(), out.features.float().cpu(), batch["label_ids"]) for batch, out in batches]
        y_logit, y_feat, y_true = (torch.cat(part).numpy() for part in zip(*parts))
        y_pred, in_scope = y_logit[:, : args.num_labels].argmax(axis=1), y_true < args.num_labels
        results = dict(self.metrics(y_true[in_scope], y_pred[in_scope], show_results=show_results))
        results.update(y_logit=y_logit, y_feat=y_feat, features=y_feat, y_true=y_true, y_pred=y_pred)
        return results
