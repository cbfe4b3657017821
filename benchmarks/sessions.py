"""A-MESS through this package's own entry points, for the processes that measure it. The one place that knows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mia_plugins.data.clips import Clips, LoadedData
from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.nn.backbones import load_tokenizer, resolve
from mia_plugins.plugin.method import Method, Task
from mia_plugins.plugin.registry import DATASET_GROUP, METHOD_GROUP, find
from mia_plugins.plugin.settings import TrainSettings
from mia_plugins.runs.options import make_options
from mia_plugins.runs.running import combinations, read_data
from mia_plugins.system.devices import choose_device, set_seed
from mia_plugins.training.loading import make_loader, make_loaders
from mia_plugins.training.loop import make_optimizer, predict, train_epoch


@dataclass
class Session:
    """A model with its data, as ``run.py`` would hold them."""

    data: LoadedData
    task: Task
    model: Any
    tokenizer: Any
    settings: TrainSettings
    own: Any
    device: torch.device

    def train(self, data: LoadedData) -> Trainer:
        """What trains the model on some data."""
        return Trainer(self, data)

    def score(self, clips: Clips) -> Predictions:
        """Scores clips, from their text and frames."""
        size = self.settings.eval_batch_size
        loader = make_loader(clips, self.tokenizer, self.task.text_length, size, None, self.device)
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
        session = self.session
        return train_epoch(
            session.model,
            self.loader,
            *self.state,
            self.number,
            settings=session.settings,
            device=session.device,
        )


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
    method: Method = find(METHOD_GROUP, "amess")
    _, settings, own = combinations(options, method)[0]
    data = load(data_path)
    adapter = find(DATASET_GROUP, "MIntRec2.0")
    lengths = adapter.max_lengths
    task = Task(
        dataset="MIntRec2.0",
        labels=tuple(data.labels),
        num_classes=len(data.labels),
        text_backbone=resolve(str(backbone)),
        text_length=lengths["text"],
        video_length=lengths["video"],
        audio_length=lengths["audio"],
        video_dim=data.video_dim,
        audio_dim=data.audio_dim,
    )
    where = choose_device(device)
    set_seed(0)
    model = method.build(task, own).to(where)
    return Session(data, task, model, load_tokenizer(task.text_backbone), settings, own, where)


def load(data_path: str | Path) -> LoadedData:
    """The clips of a made data set."""
    options = make_options({"data_path": str(data_path)})
    return read_data(options, find(DATASET_GROUP, "MIntRec2.0"))


def chosen_clips(clips: Clips, places: list[int]) -> Clips:
    """Some clips, perhaps several times."""
    return Clips(
        keys=[clips.keys[i] for i in places],
        texts=[clips.texts[i] for i in places],
        label_ids=clips.label_ids[places],
        video=[clips.video[i] for i in places],
        audio=[clips.audio[i] for i in places],
    )
