"""The manager of a method, with the benchmark's own interface: ``__init__(args, data, model)``, ``_train``, ``_test``."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..evaluation.predictions import Predictions
from ..evaluation.scoring import dev_score, score_test
from ..plugin.settings import TrainSettings
from ..system.processes import gather_batches, world
from .checkpoints import Progress, load_checkpoint, save_checkpoint
from .loop import Epoch, Loader, fit, predict


@dataclass
class Loaders:
    """Batches of a run: ``train`` shuffled, the rest in the files' order; ``test`` is in-scope, then out-of-scope clips.

    ``reference`` holds the in-scope training clips: thresholds and detectors are fitted on them.
    """

    train: Loader
    dev: Loader
    test: Loader
    reference: Loader


class Manager:
    """Trains and tests one model.

    Args:
        args: the run's settings: ``num_labels, settings (TrainSettings), device, model_output_path, resume_path, resume,
            save_model, test_ood, test_mode, ood_detection_method, identity`` (what a checkpoint must agree on), and
            perhaps ``on_epoch``, called with every :class:`~mia_plugins.training.loop.Epoch`; what it raises ends the training.
        data: the run's :class:`Loaders`.
        model: on ``args.device``.
    """

    def __init__(self, args: Any, data: Loaders, model: Any) -> None:
        self.data, self.model, self.logger = data, model, logging.getLogger("mia_plugins")
        self.settings: TrainSettings = args.settings
        self.best_eval_score = float("nan")
        if not args.train:
            load_checkpoint(model, args.model_output_path, args.identity)
            self.logger.info("restored %s", args.model_output_path)

    def _predict(self, args: Any, loader: Loader, what: str) -> Predictions:
        precision = self.settings.precision
        return predict(self.model, loader, device=args.device, precision=precision, what=what, collect=gather_batches)

    def _train(self, args: Any) -> list[Epoch]:
        """Trains; the best epoch's weights stay in the model, and on disk with ``save_model``."""
        monitor = self.settings.eval_monitor

        def score(model: nn.Module) -> float:
            return dev_score(
                self._predict(args, self.data.dev, "dev"),
                lambda: self._predict(args, self.data.reference, "train clips"),
                monitor=monitor,
                num_labels=args.num_labels,
                scale=self.settings.scale,
            )

        def report(epoch: Epoch) -> None:
            self.logger.info("epoch %d: loss %.4f, dev %s %.2f", epoch.number, epoch.loss, monitor, 100 * epoch.score)
            if getattr(args, "on_epoch", None) is not None:
                args.on_epoch(epoch)

        everything = {**args.identity, **vars(self.settings), "device": args.device.type, "steps": len(self.data.train)}
        progress = Progress(args.resume_path, everything, args.resume, writes=world().rank == 0)
        history = fit(
            self.model,
            self.data.train,
            score,
            settings=self.settings,
            device=args.device,
            progress=progress,
            report=report,
        )
        best = max(history, key=lambda epoch: epoch.score)
        self.best_eval_score = best.score
        self.logger.info("best epoch %d of %d: dev %s %.2f", best.number, len(history), monitor, 100 * best.score)
        if args.save_model:
            save_checkpoint(self.model, args.model_output_path, args.identity)
            self.logger.info("saved %s", args.model_output_path)
        progress.clear()
        return history

    @torch.inference_mode()
    def _test(self, args: Any) -> dict[str, Any]:
        """Metrics of the test split as fractions, with the arrays they come from; see :func:`score_test`."""
        weight, bias = self.model.vim()
        results = score_test(
            self._predict(args, self.data.test, "test"),
            lambda: self._predict(args, self.data.reference, "train clips"),
            num_labels=args.num_labels,
            weight=weight.float().cpu().numpy(),
            bias=bias.float().cpu().numpy(),
            scale=self.settings.scale,
            test_mode=args.test_mode if args.test_ood else None,
            ood_detection_method=args.ood_detection_method,
        )
        if args.train:
            results["best_eval_score"] = self.best_eval_score
        return results
