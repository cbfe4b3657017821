"""A method with its data, tokenizer and device: what the runs of one command have in common, and a way in from Python.

>>> session = open_session(check_options(make_options({"method": "text"})))  # doctest: +SKIP
>>> model = session.build(session.combinations[0], seed=0)  # doctest: +SKIP
>>> loaders = session.loaders(session.combinations[0].settings)  # doctest: +SKIP
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ..data.clips import Clips, LoadedData
from ..data.context import Context, with_context
from ..data.dataset import DataSet
from ..data.dialogues import add_history
from ..demo import build_demo
from ..errors import UserError
from ..nn.lookup import check_encoder, resolve
from ..plugin.method import Method, build_model
from ..plugin.registry import find_dataset, find_method
from ..plugin.task import Task
from ..system.devices import choose_device, set_seed
from ..system.files import cache_folder
from ..system.processes import ALONE, World
from ..training.loading import joined, make_loader, make_loaders
from ..training.manager import Loaders
from ..training.optimizer import freeze_backbone
from ..training.settings import TrainSettings
from .combinations import Combination, combinations
from .context import check_positions, context_of
from .defaults import with_defaults
from .kept import Kept, read_kept, restored_options
from .requests import check_scope, data_request
from .results import unique
from .setup import Setup
from .trackers import check_trackers
from .unseen_options import set_apart, unseen_sentences, with_labels


class Checked(NamedTuple):
    """A command whose options are known to be right; nothing has been read yet, except to digest tables and features.

    Attributes:
        options: of the command, with defaults filled in.
        method, dataset: the plugins.
        combinations: the settings that the options ask for.
        device: where to compute.
        kept: the model to restore, if there is one.
    """

    options: argparse.Namespace
    method: Method
    dataset: DataSet
    combinations: Sequence[Combination]
    device: torch.device
    kept: Kept | None


@dataclass(frozen=True)
class Session:
    """See :func:`open_session`.

    Attributes:
        options, method, dataset, combinations, device, kept: as in :class:`Checked`.
        data: the clips.
        source: folder or hub id of the text backbone.
        tokenizer: of the text backbone.
    """

    options: argparse.Namespace
    method: Method
    dataset: DataSet
    combinations: Sequence[Combination]
    device: torch.device
    kept: Kept | None
    data: LoadedData
    source: str
    tokenizer: Any

    def task(self, settings: TrainSettings) -> Task:
        """What a model is built for."""
        if self.kept is not None:
            return self.kept.task
        data, lengths = self.data, self.lengths()
        ood_class = self.options.train_ood and settings.ood_training == "k_plus_1"
        return Task(
            dataset=self.options.dataset,
            labels=tuple(data.labels),
            num_classes=len(data.labels) + ood_class,
            text_backbone=self.source,
            text_length=lengths["text"],
            video_length=lengths["video"],
            audio_length=lengths["audio"],
            video_dim=data.video_dim,
            audio_dim=data.audio_dim,
            problem=data.problem,
            descriptions=data.descriptions,
        )

    @property
    def context(self) -> Context | None:
        """What belongs to an utterance's history; None: single turns."""
        return context_of(self.options)

    def lengths(self) -> dict[str, int]:
        """The most tokens (``text``) and frames (``video``, ``audio``) of a clip, with its history."""
        context_len = self.context.context_len if self.context else 0.0
        return {name: with_context(length, context_len) for name, length in self.dataset.max_lengths.items()}

    @property
    def checked(self) -> Checked:
        """The command behind it."""
        return Checked(self.options, self.method, self.dataset, self.combinations, self.device, self.kept)

    def usual_settings(self) -> dict[str, Any]:
        """The settings of a command that asks for none."""
        bare = argparse.Namespace(**{**vars(self.options), "assignments": [], "set": {}, "config_file_name": None})
        return combinations(bare, self.method, self.data.problem)[0].values()

    def build(self, combination: Combination, seed: int) -> Any:
        """The model of a combination with the weights that a seed gives, on the device."""
        set_seed(seed)
        model = build_model(self.method, self.task(combination.settings), combination.method_settings)
        model = model.to(self.device)
        if self.options.freeze_backbone_parameters:
            freeze_backbone(model)
        return model

    def loaders(self, settings: TrainSettings) -> Loaders:
        """Batches of every split."""
        return make_loaders(
            self.data,
            self.tokenizer,
            self.dataset.max_lengths["text"],
            settings,
            self.options.num_workers,
            self.device,
            context_len=self.context.context_len if self.context else 0.0,
        )

    def loader(self, clips: Clips, settings: TrainSettings, world: World = ALONE) -> Any:
        """Batches of clips to score: all, or one process' part."""
        return make_loader(
            clips,
            tokenizer=self.tokenizer,
            text_length=self.dataset.max_lengths["text"],
            context_len=self.context.context_len if self.context else 0.0,
            batch_size=settings.eval_batch_size,
            device=self.device,
            num_workers=0,
            by_length=settings.length_batches,
            world=world,
        )

    def train_clips(self) -> int:
        """How many clips an epoch has, out-of-scope ones included."""
        return sum(len(clips) for name, clips in self.data.splits.items() if name in ("train", "ood_train"))

    def test_clips(self) -> Clips:
        """The test clips: in-scope, then out-of-scope ones."""
        return joined(self.data, "test", "ood_test")


def check_options(options: argparse.Namespace) -> Checked:
    """Finds the plugins, fills in defaults and checks settings; the options themselves stay as they are.

    Args:
        options: of :func:`mia_plugins.runs.options.make_parser`.

    Raises:
        UserError: an option, a file or the data is wrong.
    """
    kept = read_kept(Path(options.restore)) if options.restore else None
    if kept is not None:
        if "dataset" in options.given:  # perhaps by the path of its file or folder; the model knows its name
            options = argparse.Namespace(**{**vars(options), "dataset": find_dataset(options.dataset).name})
        options = restored_options(options, kept)
    method = kept.method if kept is not None else find_method(options.method)
    unseen_sentences(options, kept)  # checks them
    dataset = with_labels(find_dataset(options.dataset), options.unseen)
    check_trackers(options.report_to)
    options = with_defaults(options, method, dataset)
    context_of(options)
    if options.demo:
        options.data_path = str(build_demo(cache_folder() / "demo"))
    if kept is None:
        check_encoder(options.text_backbone)
    outline = dataset.outline(data_request(options))
    check_scope(options, outline.problem)
    chosen = [kept.combination] if kept is not None else combinations(options, method, outline.problem)
    if kept is None and method.check is not None:
        for settings in unique([combination.method_settings for combination in chosen]):
            method.check(outline, settings)
    return Checked(options, method, dataset, chosen, choose_device(options.gpu_id), kept)


def open_session(checked: Checked, setup: Setup | None = None) -> Session:
    """Reads the data and loads the tokenizer.

    Args:
        checked: the command.
        setup: of a caller with many runs, which keeps what it reads.

    Raises:
        UserError: an option, a file or the data is wrong.
    """
    options = checked.options
    setup = setup or Setup()
    data = setup.data(options, checked.dataset)
    context = context_of(options)
    if context is not None:
        data = add_history(data, context, checked.dataset.max_lengths)
    check_detector(options, data)
    kept = checked.kept
    if kept is not None and options.unseen:
        data = set_apart(data, kept.task.labels, options.unseen)
    if kept is not None and (tuple(data.labels), data.problem) != (kept.task.labels, kept.task.problem):
        raise UserError(f"{kept.folder}: was trained for other intents than {options.dataset} has; give its data set")
    source = kept.task.text_backbone if kept is not None else resolve(options.text_backbone)
    if context is not None:
        check_positions(source, with_context(checked.dataset.max_lengths["text"], context.context_len))
    return Session(*checked, data, source, setup.tokenizer(source))


def check_detector(options: argparse.Namespace, data: LoadedData) -> None:
    """Checks before a training that the detector can be fitted after it.

    Raises:
        UserError: an intent has no training clip, and the detector needs its mean; names all such intents.
    """
    if not options.test_ood or options.test_mode != "ood_det" or options.ood_detection_method != "ma":
        return
    if "train" not in data.splits:  # a restored model's: it was checked when it was trained
        return
    there = set(data.splits["train"].label_ids.tolist())
    absent = [label for i, label in enumerate(data.labels) if i not in there]
    if absent:
        raise UserError(
            f"--ood_detection_method ma fits a mean for every intent, and {', '.join(absent[:5])} "
            f"{'has' if len(absent) == 1 else 'have'} no training clip; choose msp, maxlogit, energy, residual or vim"
        )
