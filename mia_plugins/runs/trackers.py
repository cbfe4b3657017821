"""``--report_to``: trackers that show runs while they are made. All write to the run's folder or a local store, offline."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import UserError

PROJECT = "mia-plugins"
NAMES = ("tensorboard", "wandb", "trackio")  # a package and an extra of this one each


class Tracker(Protocol):
    """Where a run's values go."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Takes values by name, at a training step."""

    def picture(self, name: str, path: Path, step: int) -> None:
        """Takes a PNG file."""

    def finish(self) -> None:
        """Writes everything out."""


def check_trackers(names: Sequence[str]) -> None:
    """Looks before anything is trained whether the trackers are installed.

    Raises:
        UserError: a package is missing; names the extra.
    """
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise UserError(f'--report_to {name}: the package is missing; run: pip install "mia-plugins[{name}]"')


def open_tracker(name: str, folder: Path, settings: Mapping[str, Any], first: int) -> Tracker:
    """One of :data:`NAMES`.

    Args:
        name: of the tracker.
        folder: of the run; its name is the run's.
        settings: what the run was made with.
        first: the step that training begins after; more than 0 where it was interrupted.
    """
    if name == "tensorboard":
        return TensorBoard(folder, settings, first)
    return Wandb(name, folder, settings)


class TensorBoard:
    """Event files in the run's folder; ``tensorboard --logdir outputs`` shows all runs."""

    def __init__(self, folder: Path, settings: Mapping[str, Any], first: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer: Any = SummaryWriter(str(folder / "tensorboard"), purge_step=first + 1 if first else None)
        rows = [f"| {name} | {value} |" for name, value in settings.items()]
        self.writer.add_text("settings", "\n".join(["| setting | value |", "|---|---|", *rows]), first)

    def log(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def picture(self, name: str, path: Path, step: int) -> None:
        from matplotlib.image import imread

        self.writer.add_image(name, imread(path), step, dataformats="HWC")

    def finish(self) -> None:
        self.writer.close()


class Wandb:
    """Weights & Biases, or Trackio, which has the same functions.

    ``wandb`` writes to the run's folder, offline unless ``WANDB_MODE`` says otherwise (``wandb sync`` uploads later); a
    run that goes on after an interruption is a second one there. Trackio keeps its store where ``TRACKIO_DIR`` says.
    """

    def __init__(self, name: str, folder: Path, settings: Mapping[str, Any]) -> None:
        self.module = importlib.import_module(name)
        more: dict[str, Any] = {}
        if name == "wandb":
            more = {"dir": str(folder), "mode": os.environ.get("WANDB_MODE", "offline")}
            more["settings"] = self.module.Settings(silent=True)
        self.module.init(project=PROJECT, name=folder.name, config=dict(settings), **more)

    def log(self, values: Mapping[str, float], step: int) -> None:
        self.module.log(dict(values), step=step)

    def picture(self, name: str, path: Path, step: int) -> None:
        self.module.log({name: self.module.Image(str(path))}, step=step)

    def finish(self) -> None:
        self.module.finish()
