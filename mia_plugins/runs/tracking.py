"""What a run tells its trackers: losses and learning rates, dev scores, metrics, the modality ablation, pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..evaluation.metrics import displayed, oriented
from ..plugin.picture import PictureRequest
from ..system.json_files import read_object
from ..system.logs import logger
from ..training.loop import Epoch
from ..training.watched import Step
from .records import CLIPS, INSPECTION
from .trackers import Tracker, open_tracker

EVERY = 20  # steps; a loss that is looked at waits for the GPU


@dataclass(frozen=True)
class Made:
    """A run that was just made, for pictures: see :class:`mia_plugins.plugin.picture.FinishedRun`."""

    record: Mapping[str, Any]
    labels: Sequence[str]
    clips: Mapping[str, Any]
    inspection: Mapping[str, np.ndarray]
    arrays: Mapping[str, np.ndarray]

    def array(self, name: str) -> np.ndarray | None:
        """An array of the results."""
        return self.arrays.get(name)


@dataclass(frozen=True)
class Alone:
    """A group of one run: see :class:`mia_plugins.plugin.picture.Group`."""

    first: Made
    title: str
    runs: Sequence[Made] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", (self.first,))


class Tracking:
    """The trackers of one run, closed at the end of a ``with`` block; without any, nothing happens.

    Args:
        names: of the trackers.
        folder: of the run.
        settings: what it is made with, ``eval_monitor`` among them.
    """

    def __init__(self, names: Sequence[str], folder: Path, settings: Mapping[str, Any]) -> None:
        self.names, self.folder, self.settings = tuple(dict.fromkeys(names)), folder, settings
        self.trackers: list[Tracker] | None = None
        self.step = 0

    def __enter__(self) -> Tracking:
        return self

    def __exit__(self, *error: object) -> None:
        for tracker in self.trackers or ():
            tracker.finish()

    def hooks(
        self, on_epoch: Callable[[Epoch], None] | None, on_step: Callable[[Step], None] | None
    ) -> tuple[Callable[[Epoch], None] | None, Callable[[Step], None] | None]:
        """The hooks of a training that also tell the trackers."""
        if not self.names:
            return on_epoch, on_step
        return together(self.on_epoch, on_epoch), together(self.on_step, on_step)

    def log(self, values: Mapping[str, float]) -> None:
        """Hands values to all trackers; those that are not finite are left out."""
        for tracker in self.open(self.step):
            tracker.log({name: value for name, value in values.items() if math.isfinite(value)}, self.step)

    def open(self, step: int) -> list[Tracker]:
        """The trackers, opened when there is something to tell: by then it is known where training began."""
        if self.trackers is None:
            first = max(step - 1, 0)
            self.trackers = [open_tracker(name, self.folder, self.settings, first) for name in self.names]
        return self.trackers

    def on_step(self, step: Step) -> None:
        """A step of training; the first of this run and every :data:`EVERY`-th are told."""
        self.step = step.number
        if self.trackers is None or step.number % EVERY == 0:
            terms = {name: float(term) for name, term in step.terms.items()}
            named = {f"train/{name}": value for name, value in terms.items()} if len(terms) > 1 else {}
            lrs = {f"lr/group_{number}": lr for number, lr in enumerate(step.lrs)}
            self.log({"train/loss": sum(terms.values()), **named, **lrs})

    def on_epoch(self, epoch: Epoch) -> None:
        """An epoch, with its mean losses and its score on dev."""
        monitor = self.settings["eval_monitor"]
        terms = {f"epoch/{name}": value for name, value in epoch.terms.items()}
        score = displayed(monitor, oriented(monitor, epoch.score))
        self.log({"epoch/number": epoch.number, "epoch/loss": epoch.loss, **terms, f"dev/{monitor}": score})

    def on_made(self, record: Mapping[str, Any], draws: Sequence[Any], arrays: Mapping[str, np.ndarray]) -> None:
        """The metrics on test, the ablation of the modalities if there is one, and the method's pictures.

        Args:
            record: what is in ``run.json``.
            draws: ``Method.pictures``.
            arrays: of the results.
        """
        if not self.names:
            return
        values = {f"test/{name}": value for name, value in record["metrics"].items()}
        for row in record["modality_ablation"] or ():
            scores = {name: value for name, value in row.items() if name not in ("modality", "way")}
            values.update({f"ablation/{row['modality']}/{row['way']}/{name}": scores[name] for name in scores})
        self.log(values)
        try:
            self.show(record, draws, arrays)
        except (UserError, OSError, ValueError, KeyError) as error:  # no reason to lose a run that is made
            logger.warning("warning: the trackers get no pictures: %s", " ".join(str(error).split()))

    def show(self, record: Mapping[str, Any], draws: Sequence[Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Draws the method's pictures of the run, and hands them on."""
        inspection: dict[str, np.ndarray] = {}
        with suppress(FileNotFoundError), np.load(self.folder / INSPECTION, allow_pickle=False) as file:
            inspection = dict(file)
        run = Made(record, record["labels"], read_object(self.folder / CLIPS), inspection, arrays)
        request = PictureRequest(self.folder / "pictures", "run")
        for draw in draws:
            for picture in draw(Alone(run, self.folder.name), request):
                for tracker in self.open(self.step):
                    tracker.picture(f"pictures/{picture.name}", picture.png, self.step)


def together(first: Callable[[Any], None], second: Callable[[Any], None] | None) -> Callable[[Any], None]:
    """One hook in place of two."""

    def both(value: Any) -> None:
        first(value)
        if second is not None:
            second(value)

    return both
