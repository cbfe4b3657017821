"""What the managers of A-MESS share, whichever the benchmark."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset
from utils.functions import EarlyStopping, restore_model, save_model
from utils.metrics import Metrics

from mia_plugins.errors import UserError
from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.hosts.live.batches import Trimmed
from mia_plugins.hosts.upstream.templates.net import trains_with_ood
from mia_plugins.training.loop import train_epoch
from mia_plugins.training.optimizer import freeze_backbone, make_optimizer
from mia_plugins.training.predict import predict
from mia_plugins.training.settings import TrainSettings


class Manager:
    """Trains with ``--train``, otherwise restores what ``--save_model`` kept. A benchmark adds its ``_test``.

    Args:
        args: the benchmark's arguments, with the hyper-parameters that :class:`TrainSettings` documents.
        model: the network, on its device.
        device: that device.
        loaders: the benchmark's loaders of ``train``, ``dev`` and ``test``.
        splits: the data sets behind them; ``ood_train`` is mixed in where the training is to see it.
    """

    def __init__(
        self,
        args: Any,
        model: Any,
        device: torch.device,
        loaders: Mapping[str, DataLoader],
        splits: Mapping[str, Dataset],
    ) -> None:
        self.logger = logging.getLogger(args.logger_name)
        self.args, self.model, self.device = args, model, device
        self.settings = TrainSettings(**{field.name: args[field.name] for field in fields(TrainSettings)})
        self.metrics = Metrics(args)
        if args.eval_monitor == "is_os_f1":
            raise UserError("eval_monitor=is_os_f1: the metrics here are in-scope ones on dev; choose acc or f1")
        if args.get("freeze_backbone_parameters"):
            freeze_backbone(model)
        # the loaders pad to the longest clip there may be: cut to the batch's longest
        self.train_dataloader, self.eval_dataloader, self.test_dataloader = (
            Trimmed(loaders[split]) for split in ("train", "dev", "test")
        )
        if trains_with_ood(args):
            self.train_dataloader = self._loader(ConcatDataset([splits["train"], splits["ood_train"]]), shuffle=True)
        # thresholds and detectors are fitted on the in-scope training clips, in a fixed order
        self.reference_dataloader = self._loader(splits["train"])
        self.best_eval_score = 0.0
        if not args.train:
            self._restore(args)

    def _loader(self, dataset: Dataset, shuffle: bool = False) -> Trimmed:
        loader: DataLoader = DataLoader(
            dataset,
            shuffle=shuffle,
            batch_size=self.args.train_batch_size if shuffle else self.args.eval_batch_size,
            num_workers=self.args.num_workers,
            pin_memory=torch.cuda.is_available(),
        )
        return Trimmed(loader)

    def _restore(self, args: Any) -> None:
        self.model = restore_model(self.model, args.model_output_path, self.device)

    def _save(self, args: Any) -> None:
        save_model(self.model, args.model_output_path)

    def _train(self, args: Any) -> None:
        epochs = self.settings.num_train_epochs
        optimizer, scheduler = make_optimizer(self.model, self.settings, steps=len(self.train_dataloader) * epochs)
        early_stopping = EarlyStopping(args)
        # from the first epoch on there is a best model, also where not one clip is right
        early_stopping.best_score, early_stopping.delta = -1.0, 1e-12
        for epoch in range(1, epochs + 1):
            losses = train_epoch(
                self.model,
                self.train_dataloader,
                optimizer,
                scheduler,
                epoch,
                settings=self.settings,
                device=self.device,
            )
            eval_score = self._get_outputs(args, self.eval_dataloader)[0][args.eval_monitor]
            early_stopping(eval_score, self.model)
            self.logger.info("***** Epoch: %s: Eval results *****", epoch)
            self.logger.info("  train_loss = %.4f", sum(losses.values()))
            self.logger.info("  eval_score = %.4f", eval_score)
            self.logger.info("  best_eval_score = %.4f", early_stopping.best_score)
            if early_stopping.early_stop:
                self.logger.info("EarlyStopping at epoch %s", epoch)
                break
        self.model, self.best_eval_score = early_stopping.best_model, early_stopping.best_score
        if args.save_model:
            self.logger.info("Trained models are saved in %s", args.model_output_path)
            self._save(args)

    def _get_outputs(
        self, args: Any, dataloader: Trimmed, show_results: bool = False
    ) -> tuple[dict[str, Any], Predictions]:
        """In-scope metrics of the in-scope clips with the arrays they come from, and all predictions."""
        predictions = predict(self.model, dataloader, device=self.device, precision=self.settings.precision)
        y_true, y_pred = predictions.label_ids, predictions.logits[:, : args.num_labels].argmax(axis=1)
        in_scope = y_true < args.num_labels
        outputs = dict(self.metrics(y_true[in_scope], y_pred[in_scope], show_results=show_results))
        outputs.update(y_true=y_true, y_pred=y_pred, features=predictions.features)
        return outputs, predictions
