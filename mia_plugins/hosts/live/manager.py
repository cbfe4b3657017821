"""A method plugin as a host's manager: ``__init__(args, data, model)``, ``_train(args)``, ``_test(args)``."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import ConcatDataset

from ...data.batches import collate
from ...evaluation.metrics import METRICS
from ...evaluation.predictions import Predictions
from ...evaluation.scoring import check_logits, dev_score
from ...plugin.method import Method, build_model
from ...training.arguments import RunArguments
from ...training.checkpoints import identity, load_checkpoint, save_checkpoint
from ...training.manager import Loaders
from ...training.optimizer import freeze_backbone
from ..facts.detect import current_host
from ..facts.names import plugin
from ..managers.batches import placed
from ..managers.task import task_of, trains_with_ood, use_feature_widths
from .dialogues import is_multi_turn, longest, with_utterances
from .params import settings_of
from .sources import source_of

if TYPE_CHECKING:
    from ..managers.mintrec import Manager as HostManager
else:
    HostManager = object  # a host's own manager takes this place, see host_manager


def host_manager(method_name: str) -> Any:
    """What a host's ``method_map`` takes under a method's name: makes the host's manager, with the plugin in it."""

    def make(args: Any, data: Any, model: Any = None) -> Any:
        base = import_module(current_host().host.template).Manager
        return type("PluginManager", (PluginManager, base), {})(plugin(method_name), args, data, model)

    return make


class PluginManager(HostManager):
    """Builds and saves the model as ``run.py`` does, and calls the method's hooks; the rest is the host's manager.

    Args:
        method: the plugin.
        args: the host's, with a :func:`~mia_plugins.hosts.live.params.host_param`'s settings in it.
        data: the host's data manager.
        model: the host's model manager, for its device; None for a method that the host calls without.
    """

    def __init__(self, method: Method, args: Any, data: Any, model: Any) -> None:
        self.method, (self.training, self.method_settings) = method, settings_of(args, method)
        device = model.device if model is not None else default_device(args)
        self.multi_turn = is_multi_turn(args)
        if self.multi_turn:
            self.collate_fn: Any = collate
            data = with_utterances(data, args)
        else:
            data = placed(data)
        splits = data.data if hasattr(data, "data") else data.mm_data
        # the hosts' tables of widths are not to be trusted: MIntOOD's says 1024 where the published features have 256
        if not self.multi_turn:
            use_feature_widths(args, splits["train"][0])
        if method.optimizer is not None:
            self.new_optimizer: Any = method.optimizer
        network = SimpleNamespace(model=self._build(args, tuple(data.label_list), device))
        builder = SimpleNamespace(device=device, model=network, _set_model=lambda args: network)
        super().__init__(args, data, builder)
        self.settings = self.training
        if self.training.eval_monitor == "is_os_f1":  # the in-scope monitors do not look at out-of-scope clips
            clips: Any = ConcatDataset([splits[name] for name in ("dev", "ood_dev") if name in splits])
            self.eval_dataloader = self._loader(clips, args.eval_batch_size)
        if trains_with_ood(args):
            self.logger.info("training with out-of-scope clips: %s", self.training.ood_training)
        if method.prepare is not None and args.train:
            method.prepare(self.model, self.reference_dataloader, self.device)

    def _build(self, args: Any, labels: tuple[str, ...], device: torch.device) -> Any:
        task = dataclasses.replace(task_of(args, labels), text_backbone=source_of(args))
        if self.multi_turn:
            most = longest(args)
            task = dataclasses.replace(
                task, text_length=most["text"], video_length=most["video"], audio_length=most["audio"]
            )
        self.identity = identity(self.method, task, self.method_settings, args.seed)
        network = build_model(self.method, task, self.method_settings).to(device)
        if args.get("freeze_backbone_parameters"):
            freeze_backbone(network)
        return network

    def _restore(self, args: Any) -> None:
        load_checkpoint(self.model, Path(args.model_output_path), self.identity)

    def _save(self, args: Any) -> None:
        save_checkpoint(self.model, Path(args.model_output_path), self.identity)

    def _get_outputs(self, args: Any, dataloader: Any, show_results: bool = False) -> dict[str, Any]:
        """The host's metrics; on dev also the monitor where it is none of the hosts': ``is_os_f1``, or a registered one.

        Raises:
            UserError: logits that are not finite, of which the host would score the first class.
        """
        results, monitor = super()._get_outputs(args, dataloader, show_results), self.training.eval_monitor
        names = {id(self.eval_dataloader): "dev", id(self.test_dataloader): "test"}
        check_logits(predictions(results), names.get(id(dataloader), "training"))
        extra = monitor == "is_os_f1" or METRICS[monitor].compute is not None
        if extra and dataloader is self.eval_dataloader:
            results[monitor] = dev_score(
                predictions(results),
                lambda: predictions(super(PluginManager, self)._get_outputs(args, self.reference_dataloader)),
                monitor=monitor,
                num_labels=args.num_labels,
                scale=self.training.scale,
            )
        return results

    def _train(self, args: Any) -> None:
        """Trains by the host's manager, or by the method's own where it has one."""
        if self.method.manager is None:
            super()._train(args)
            return
        arguments = RunArguments(
            method=dataclasses.replace(self.method, prepare=None),  # it has been called
            settings=self.settings,
            num_labels=args.num_labels,
            device=self.device,
            identity=self.identity,
            train=True,
            model_output_path=Path(args.model_output_path),
            save_model=args.save_model,
        )
        loaders = Loaders(
            train=self.train_dataloader,
            dev=self.eval_dataloader,
            test=self.test_dataloader,
            reference=self.reference_dataloader,
            bank=self.reference_dataloader,
        )
        trainer = self.method.manager(arguments, loaders, self.model)
        trainer._train(arguments)
        self.model, self.best_eval_score = trainer.model, trainer.best_eval_score


def predictions(outputs: dict[str, Any]) -> Predictions:
    """The arrays of a host's outputs."""
    return Predictions(outputs["y_logit"], outputs["y_feat"], outputs["y_true"])


def default_device(args: Any) -> torch.device:
    """The device, chosen as the hosts' model managers choose it."""
    return torch.device(f"cuda:{int(args.gpu_id)}" if torch.cuda.is_available() else "cpu")
