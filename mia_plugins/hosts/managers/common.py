"""What the managers of all hosts share: training that keeps the best epoch, and predictions with their metrics."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset
from utils.functions import restore_model, save_model
from utils.metrics import Metrics

from ...training.loop import Epoch, epochs_since_best, fit
from ...training.optimizer import make_optimizer
from ...training.predict import outputs
from .batches import Placed, Trimmed, training_clips


class HostManager:
    """Trains with ``--train``, otherwise restores what ``--save_model`` kept. A host adds its data and ``_test``.

    Args:
        args: the host's arguments, the hyper-parameters among them.
        model: the host's model manager.
        loaders: the host's loaders of ``dev`` and ``test``.
        splits: its data sets of ``train`` and, where the training is to see out-of-scope clips, ``ood_train``.
    """

    def __init__(self, args: Any, model: Any, loaders: Mapping[str, Any], splits: Mapping[str, Dataset]) -> None:
        self.logger = logging.getLogger(args.logger_name)
        self.args, self.settings, self.device = args, args, model.device
        self.model = self._set_model(args, model)
        self.metrics = Metrics(args)
        self.best_eval_score = 0.0
        self.train_dataloader = self._loader(training_clips(args, splits), args.train_batch_size, shuffle=True)
        # thresholds and detectors are fitted on the in-scope training clips, in their order
        self.reference_dataloader = self._loader(Placed(splits["train"]), args.eval_batch_size)
        self.eval_dataloader, self.test_dataloader = Trimmed(loaders["dev"]), Trimmed(loaders["test"])
        if not args.train:
            self._restore(args)

    def _set_model(self, args: Any, model: Any) -> Any:
        """The network in the host's model manager, built before."""
        return model.model.model

    def _loader(self, clips: Dataset, batch_size: int, shuffle: bool = False) -> Trimmed:
        workers, pin = self.args.num_workers, torch.cuda.is_available()
        return Trimmed(DataLoader(clips, batch_size=batch_size, shuffle=shuffle, num_workers=workers, pin_memory=pin))

    def _restore(self, args: Any) -> None:
        restore_model(self.model, args.model_output_path, self.device)

    def _save(self, args: Any) -> None:
        save_model(self.model, args.model_output_path)

    def _set_optimizer(self, steps: int) -> tuple[Any, Any]:
        return make_optimizer(self.model, self.settings, steps)

    def _score(self, model: Any) -> float:
        return self._get_outputs(self.args, self.eval_dataloader)[self.args.eval_monitor]

    def _train(self, args: Any) -> None:
        optimizer, scheduler = self._set_optimizer(len(self.train_dataloader) * self.settings.num_train_epochs)
        best = {}

        def after_epoch(history: list[Epoch]) -> None:
            if epochs_since_best(history) == 0:
                best.update({name: value.cpu().clone() for name, value in self.model.state_dict().items()})
            self._report(history[-1])

        history = fit(
            self.model,
            self.train_dataloader,
            self._score,
            optimizer,
            scheduler,
            settings=self.settings,
            device=self.device,
            after_epoch=after_epoch,
        )
        self.model.load_state_dict(best)
        self.best_eval_score = max(epoch.score for epoch in history)
        if args.save_model:
            self.logger.info("Trained models are saved in %s", args.model_output_path)
            self._save(args)

    def _report(self, epoch: Epoch) -> None:
        self.logger.info("***** Epoch: %s: Eval results *****", epoch.number)
        for name, value in {"train_loss": epoch.loss, **epoch.terms, "eval_score": epoch.score}.items():
            self.logger.info("  %s = %.4f", name, value)

    def _get_outputs(self, args: Any, dataloader: Trimmed, show_results: bool = False) -> dict[str, Any]:
        """Metrics of the in-scope clips, and the arrays of all clips; ``y_pred`` is the best in-scope class."""
        batches = outputs(self.model, dataloader, device=self.device, precision=self.settings.precision)
        parts = [(out.logits.float().cpu(), out.features.float().cpu(), batch["label_ids"]) for batch, out in batches]
        y_logit, y_feat, y_true = (torch.cat(part).numpy() for part in zip(*parts))
        y_pred = y_logit[:, : args.num_labels].argmax(axis=1)
        in_scope = y_true < args.num_labels
        results = dict(self.metrics(y_true[in_scope], y_pred[in_scope], show_results=show_results))
        results.update(y_logit=y_logit, y_feat=y_feat, features=y_feat, y_true=y_true, y_pred=y_pred)
        return results

    def _get_test_results(self, args: Any) -> dict[str, Any]:
        """What every host reports of the test split."""
        results = self._get_outputs(args, self.test_dataloader, show_results=True)
        if args.train:
            results["best_eval_score"] = round(self.best_eval_score, 4)
        return results
