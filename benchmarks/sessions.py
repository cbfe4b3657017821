"""A-MESS through this package's own entry points, for the processes that measure it. The one place that knows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mia_plugins.data.clips import Clips, LoadedData
from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.plugin.registry import find_dataset
from mia_plugins.runs import session as runs
from mia_plugins.runs import setup
from mia_plugins.runs.options import make_options
from mia_plugins.training.loading import make_loaders
from mia_plugins.training.loop import train_epoch
from mia_plugins.training.optimizer import make_optimizer
from mia_plugins.training.predict import predict


@dataclass
class Session:
    """A model with its data, as ``run.py`` would hold them."""

    opened: runs.Session
    model: Any

    def __post_init__(self) -> None:
        chosen = self.opened.combinations[0]
        self.settings, self.method_settings = chosen.settings, chosen.method_settings
        self.task = self.opened.task(self.settings)
        self.data, self.tokenizer, self.device = self.opened.data, self.opened.tokenizer, self.opened.device

    def train(self, data: LoadedData) -> Trainer:
        """What trains the model on some data."""
        return Trainer(self, data)

    def score(self, clips: Clips) -> Predictions:
        """Scores clips, from their text and frames."""
        loader = self.opened.loader(clips, self.settings)
        return predict(self.model, loader, device=self.device, precision=self.settings.precision)


class Trainer:
    """Epochs over the same data."""

    def __init__(self, session: Session, data: LoadedData) -> None:
        self.session, self.number = session, 0
        length = session.task.text_length
        loaders = make_loaders(data, session.tokenizer, length, session.settings, None, session.device)
        self.loader = loaders.train
        self.state = make_optimizer(session.model, session.settings, steps=1000)

    def epoch(self) -> float:
        """Trains for an epoch; returns the mean loss."""
        self.number += 1
        settings, device = self.session.settings, self.session.device
        losses = train_epoch(
            self.session.model, self.loader, *self.state, self.number, settings=settings, device=device
        )
        return sum(losses.values())


def open_session(data_path: str | Path, backbone: str | Path, device: str, **chosen: Any) -> Session:
    """Reads the data, builds the model.

    Args:
        data_path: of :func:`benchmarks.data.make_data`.
        backbone: a folder.
        device: ``cpu`` or a GPU's number.
        chosen: hyper-parameters.
    """
    options = make_options(
        {"data_path": str(data_path), "text_backbone": str(backbone), "train": True, "gpu_id": device, "set": chosen}
    )
    opened = runs.open_session(runs.check_options(options))
    return Session(opened, opened.build(opened.combinations[0], seed=0))


def load(data_path: str | Path) -> LoadedData:
    """The clips of a made data set."""
    return setup.read_data(make_options({"data_path": str(data_path)}), find_dataset("MIntRec2.0"))


def chosen_clips(clips: Clips, places: list[int]) -> Clips:
    """Some clips, perhaps several times."""
    return Clips(
        keys=[clips.keys[i] for i in places],
        texts=[clips.texts[i] for i in places],
        label_ids=clips.label_ids[places],
        video=[clips.video[i] for i in places],
        audio=[clips.audio[i] for i in places],
    )
