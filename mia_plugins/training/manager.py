"""The manager of a run, with the benchmarks' interface: ``__init__(args, data, model)``, ``_train``, ``_test``."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from ..evaluation.metrics import displayed, oriented, text_of
from ..evaluation.predictions import Predictions
from ..evaluation.scoring import dev_score, score_test
from ..system.processes import gather_batches, same_weights, world
from .arguments import RunArguments
from .checkpoints import load_checkpoint, save_checkpoint
from .loop import Epoch, batch_loss, fit
from .optimizer import make_optimizer
from .parallel import go_on_together, shared_loss
from .predict import Loader, predict
from .progress import Progress
from .reference import check_fit, load_predictions, save_predictions
from .watched import watched


@dataclass
class Loaders:
    """The batches of a run. With several processes each has its part, except of ``bank``.

    ``train`` is shuffled. The others come longest clip first unless ``length_batches`` is off; ``index`` in a batch says
    each clip's place in its split, and :func:`~mia_plugins.training.predict.predict` returns that order.

    Args:
        train: with out-of-scope clips mixed in where there are any.
        dev: what the monitor scores.
        test: in-scope, then out-of-scope clips.
        reference: the in-scope training clips: thresholds and detectors are fitted on their predictions.
        bank: the same clips in their order, all of them in every process: what ``Method.prepare`` sees.
    """

    train: Loader
    dev: Loader
    test: Loader
    reference: Loader
    bank: Loader


class Manager:
    """Trains and tests one model.

    Args:
        args: the run's :class:`~mia_plugins.training.arguments.RunArguments`.
        data: its batches.
        model: on ``args.device``; see :class:`mia_plugins.plugin.method.Model`.
    """

    def __init__(self, args: RunArguments, data: Loaders, model: Any) -> None:
        self.data, self.model, self.logger = data, model, logging.getLogger("mia_plugins")
        self.settings = args.settings
        self.best_eval_score = float("nan")
        if not args.train:
            load_checkpoint(model, args.model_output_path, args.identity)
            self.logger.info("restored %s", args.model_output_path)
        elif args.method.prepare is not None:
            args.method.prepare(model, data.bank, args.device)

    def _predict(self, args: RunArguments, loader: Loader, what: str) -> Predictions:
        precision = self.settings.precision
        return predict(self.model, loader, device=args.device, precision=precision, what=what, collect=gather_batches)

    def _score(self, args: RunArguments) -> float:
        """The dev score of the model as it stands."""
        return dev_score(
            self._predict(args, self.data.dev, "dev"),
            lambda: self._predict(args, self.data.reference, "train clips"),
            monitor=self.settings.eval_monitor,
            num_labels=args.num_labels,
            scale=self.settings.scale,
            problem=args.problem,
        )

    def _train(self, args: RunArguments) -> list[Epoch]:
        """Trains; the best epoch's weights stay in the model, and on disk with ``save_model``.

        What an interrupted training resumes from stays too, until the caller has kept all of the run
        (:func:`~mia_plugins.training.progress.clear_progress`).
        """
        model, settings, train = self.model, self.settings, self.data.train
        steps = len(train) * settings.num_train_epochs
        optimizer, scheduler = (args.method.optimizer or make_optimizer)(model, settings, steps)
        state = {"optimizer": optimizer, "scheduler": scheduler}
        config = {**args.identity, **vars(settings), "device": args.device.type, "steps": len(train)}
        progress = Progress(args.resume_path, config, args.resume, writes=world().rank == 0)
        history = [Epoch(**epoch) for epoch in progress.resume(model, state)]
        go_on_together(history)

        def after_epoch(history: list[Epoch]) -> None:
            progress.save(model, state, [vars(epoch) for epoch in history])
            self._report(history[-1])
            if args.on_epoch is not None:
                args.on_epoch(history[-1])

        loss_of = shared_loss(model, args.device)
        if args.on_step is not None:
            alone = partial(batch_loss, model, device=args.device)
            loss_of = watched(loss_of or alone, optimizer, args.on_step, done=len(history) * len(train))
        fit(
            model,
            train,
            lambda _: self._score(args),
            optimizer,
            scheduler,
            settings=settings,
            device=args.device,
            history=history,
            after_epoch=after_epoch,
            loss_of=loss_of,
        )
        progress.restore_best(model)
        same_weights(model)
        best = max(history, key=lambda epoch: epoch.score)
        self.best_eval_score = best.score
        monitor = settings.eval_monitor
        self.logger.info(
            "best epoch %d of %d: dev %s %s", best.number, len(history), monitor, shown_score(monitor, best.score)
        )
        reference = args.reference_path and self._predict(args, self.data.reference, "train clips")
        if args.save_model:
            save_checkpoint(model, args.model_output_path, args.identity)
            if args.reference_path and reference:
                save_predictions(args.reference_path, reference)
        return history

    def _reference(self, args: RunArguments) -> Predictions:
        """The model's predictions for the in-scope training clips, read from disk or computed."""
        if args.reference_path is not None and args.reference_path.exists():
            kept = load_predictions(args.reference_path)
            classes, dim = self.model.vim()[0].shape
            check_fit(args.reference_path, kept, classes=classes, dim=dim, num_labels=args.num_labels)
            return kept
        return self._predict(args, self.data.reference, "train clips")

    def _report(self, epoch: Epoch) -> None:
        """Logs an epoch."""
        terms = "".join(f" {name} {value:.4f}," for name, value in epoch.terms.items())
        monitor = self.settings.eval_monitor
        self.logger.info(
            "epoch %d: loss %.4f,%s dev %s %s",
            epoch.number,
            epoch.loss,
            terms,
            monitor,
            shown_score(monitor, epoch.score),
        )

    @torch.inference_mode()
    def _test(self, args: RunArguments) -> dict[str, Any]:
        """Metrics of the test split as fractions, with the arrays they come from; see :func:`score_test`."""
        weight, bias = self.model.vim()
        results = score_test(
            self._predict(args, self.data.test, "test"),
            lambda: self._reference(args),
            num_labels=args.num_labels,
            weight=weight.float().cpu().numpy(),
            bias=bias.float().cpu().numpy(),
            scale=self.settings.scale,
            test_mode=args.test_mode,
            ood_detection_method=args.ood_detection_method,
            problem=args.problem,
        )
        if args.train:
            results["best_eval_score"] = self.best_eval_score
        return results


def shown_score(monitor: str, score: float) -> str:
    """A dev score as training compares it, with the metric's own sign and unit.

    >>> shown_score("acc", 0.5)
    '50.00'
    """
    return text_of(monitor, displayed(monitor, oriented(monitor, score)))
