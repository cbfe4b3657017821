"""A method plugin as a host's manager: ``__init__(args, data, model)``, ``_train(args)``, ``_test(args)``."""

from __future__ import annotations

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from ...evaluation.predictions import Predictions
from ...plugin.method import Method, build_model
from ...plugin.task import Task
from ...training.arguments import RunArguments
from ...training.checkpoints import identity
from ...training.loop import Epoch
from ...training.manager import Loaders, Manager
from ...training.optimizer import freeze_backbone
from ...training.predict import predict
from ..facts.detect import current_host
from ..facts.host import Host
from .batches import Placed, Trimmed
from .params import OOD, plugin, settings_of
from .scoring import check_detector, detection_results, in_scope_results, mode_of, open_set_results
from .sources import source_of


def host_manager(method_name: str) -> type:
    """The manager class a host's ``method_map`` takes under a method's name."""

    class HostManager(BaseManager):
        """Trains with the trainer here, on the host's batches; tests with the host's own evaluation."""

        def __init__(self, args: Any, data: Any, model: Any = None) -> None:
            super().__init__(plugin(method_name), args, data, model)

    HostManager.__name__ = HostManager.__qualname__ = f"HostManager_{method_name}"
    return HostManager


class BaseManager:
    """See :func:`host_manager`.

    Args:
        method: the plugin.
        args: the host's, with a :func:`~mia_plugins.hosts.live.params.host_param`'s settings in it.
        data: the host's data manager.
        model: the host's model manager, for its device; None for a method that the host calls without.
    """

    def __init__(self, method: Method, args: Any, data: Any, model: Any) -> None:
        self.host: Host = current_host().host
        self.logger = logging.getLogger(args.logger_name)
        self.settings, own = settings_of(args, method)
        splits = data.data if hasattr(data, "data") else data.mm_data
        check_detector(self.host, args, splits["train"].label_ids)
        mixed = "ood_train" in splits and bool(args.get("train_ood") or args.method.endswith(OOD))
        as_class = mixed and self.settings.ood_training == "k_plus_1"
        task = make_task(args, tuple(data.label_list), splits["train"], as_class)
        self.device = model.device if model is not None else default_device(args)
        net = build_model(method, task, own).to(self.device)
        if args.get("freeze_backbone_parameters"):
            freeze_backbone(net)
        self.run_arguments = RunArguments(
            method=method,
            settings=self.settings,
            num_labels=args.num_labels,
            device=self.device,
            identity=identity(method, task, own, args.seed),
            train=args.train,
            model_output_path=Path(args.model_output_path),
            save_model=args.save_model,
        )
        loaders = make_loaders(self.host, args, data, splits, mixed, self.settings.eval_monitor)
        self.trainer = (method.manager or Manager)(self.run_arguments, loaders, net)
        self.trainer.logger = self.logger
        if mixed:
            self.logger.info("training with out-of-scope clips: %s", self.settings.ood_training)

    def _train(self, args: Any) -> list[Epoch]:
        """Trains; the best epoch's weights stay in the model, and on disk with ``--save_model``."""
        return self.trainer._train(self.run_arguments)

    def _predict(self, loader: Any, what: str) -> Predictions:
        return predict(self.trainer.model, loader, device=self.device, precision=self.settings.precision, what=what)

    @torch.inference_mode()
    def _test(self, args: Any) -> dict[str, Any]:
        """The host's metrics of the test split, and the arrays they come from."""
        test, mode = self._predict(self.trainer.data.test, "test"), mode_of(self.host, args)
        results = in_scope_results(args, test)

        def train() -> Predictions:
            return self._predict(self.trainer.data.reference, "train clips")

        if mode == "ood_cls":
            metrics, y_open = open_set_results(self.host, args, test, train)
            results.update(metrics)
            if y_open is not None:
                results["y_open"] = y_open
        elif mode == "ood_det":
            weight, bias = (part.detach().float().cpu() for part in self.trainer.model.vim())
            results.update(detection_results(self.host, args, test, train, weight, bias))
        if args.train or self.host.common_param:  # MIntRec wants the key even where nothing was trained
            results["best_eval_score"] = round(self.trainer.best_eval_score, 4)
        return results


def make_task(args: Any, labels: tuple[str, ...], train: Dataset[Any], as_class: bool) -> Task:
    """What the model is built for, from the host's args and the first training clip."""
    first = train[0]

    def width(kind: str) -> int:
        # the hosts' tables of widths are not to be trusted: MIntOOD's says 1024 where the published features have 256
        frames = first.get(f"{kind}_feats")
        return int(args[f"{kind}_feat_dim"] if frames is None else frames.shape[-1])

    return Task(
        dataset=args.dataset,
        labels=labels,
        num_classes=len(labels) + as_class,
        text_backbone=source_of(args),
        text_length=args.text_seq_len,
        video_length=args.video_seq_len,
        audio_length=args.audio_seq_len,
        video_dim=width("video"),
        audio_dim=width("audio"),
    )


def make_loaders(host: Host, args: Any, data: Any, splits: Any, mixed: bool, monitor: str) -> Loaders:
    """The host's loaders, trimmed; out-of-scope clips are mixed in for training as ``run.py`` does."""
    theirs = import_module(host.loaders).get_dataloader(args, splits) if host.loaders else data.mm_dataloader

    def loader(dataset: Dataset[Any], batch_size: int, shuffle: bool) -> DataLoader:
        return DataLoader(
            dataset,
            batch_size=batch_size,
            shuffle=shuffle,
            num_workers=args.num_workers,
            pin_memory=torch.cuda.is_available(),
        )

    dev = theirs["dev"]
    in_scope = Placed(splits["train"])
    clips = ConcatDataset([in_scope, Placed(splits["ood_train"], in_scope=False)]) if mixed else in_scope
    train = loader(clips, args.train_batch_size, True)
    if mixed and monitor == "is_os_f1":  # the in-scope monitors do not look at out-of-scope clips
        dev = loader(ConcatDataset([splits["dev"], splits["ood_dev"]]), args.eval_batch_size, False)
    return Loaders(
        train=Trimmed(train),
        dev=Trimmed(dev),
        test=Trimmed(theirs["test"]),
        reference=Trimmed(loader(in_scope, args.eval_batch_size, False)),
        bank=Trimmed(loader(in_scope, args.eval_batch_size, False)),
    )


def default_device(args: Any) -> torch.device:
    """The device, chosen as the hosts' model managers choose it."""
    return torch.device(f"cuda:{int(args.gpu_id)}" if torch.cuda.is_available() else "cpu")
