"""What an interrupted training continues from, and the best weights so far."""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import UserError
from ..system.files import free_bytes, whole_file
from ..system.untrusted import check_regular
from .checkpoints import CONFIG, check_config, check_weights, load_weights, save_weights, short
from .loop import Epoch

STATE = "training.pt"
PAUSE = 9  # the next write waits this many times as long as the last one took


class Progress:
    """Keeps the best weights of a training on disk, and what a later run needs to continue it.

    The state is written after an epoch, unless the last write is too recent: on a GPU, an epoch of few clips can be
    shorter than writing all weights and moments, so writing takes a tenth of the time at most.

    Args:
        folder: a folder of its own; None keeps the best weights in memory and resumes nothing.
        config: what must be equal for a run to resume another.
        wanted: resume if there is something to resume; otherwise whatever is there is dropped.
        writes: false in all but one of several processes, which then only read.
    """

    def __init__(self, folder: Path | None, config: dict[str, Any], wanted: bool = False, writes: bool = True) -> None:
        self.folder, self.config, self.wanted, self.writes = folder, config, wanted, writes
        self.best: Any = None  # a file name, or in memory the weights
        self.best_score = -float("inf")
        self.resumed_best: Any = None  # the one that the written state names
        self.due = 0.0  # when the state is next written, in the seconds of time.monotonic()

    def resume(self, model: nn.Module, state: dict[str, Any]) -> list[dict[str, Any]]:
        """Brings model, optimizer and random state to where an interrupted run was; returns its epochs.

        Raises:
            UserError: the state is damaged or of another training, or the disk has no room for that of a new one.
        """
        if self.folder is None or not self.wanted or not (self.folder / CONFIG).exists():
            self.clear()
            if self.writes and self.folder is not None:
                check_room(model, self.folder)
            return []
        check_config(self.folder / CONFIG, self.config, "train without --resume")
        path = self.folder / STATE
        check_regular(path)
        try:
            saved = torch.load(path, map_location="cpu", weights_only=True)
            check_weights(model.state_dict(), saved["model"], path)
            history = [vars(Epoch(**epoch)) for epoch in saved["history"]]
            best, best_score = str(saved["best"]), float(saved["best_score"])
            scores = {f"best-{epoch['number']}.safetensors": float(epoch["score"]) for epoch in history}
            numbers = [epoch["number"] for epoch in history]
            if any(after != before + 1 for before, after in zip(numbers, numbers[1:])):
                raise ValueError("its epochs are not counted one by one")
            if not math.isfinite(best_score) or scores.get(best) != best_score:
                raise ValueError(f"no epoch of its history is {best[:40]}")
            model.load_state_dict(saved["model"])
            for name, part in state.items():
                part.load_state_dict(saved[name])
            torch.set_rng_state(saved["random"])
            for number, numbers in enumerate(saved["random_cuda"][: torch.cuda.device_count()]):
                torch.cuda.set_rng_state(numbers, number)
        except UserError:
            raise
        except Exception as error:  # whatever a damaged or foreign file makes torch raise
            raise UserError(f"{path}: cannot be resumed ({short(error)}); train without --resume") from error
        self.best, self.best_score = best, best_score
        self.resumed_best = self.best
        return history

    def save(self, model: nn.Module, state: dict[str, Any], history: list[dict[str, Any]]) -> None:
        """Called after an epoch."""
        if not self.writes:
            return
        improved = history[-1]["score"] > self.best_score or self.best is None
        if improved:
            self.best_score = history[-1]["score"]
        if self.folder is None:
            if improved:
                self.best = {key: value.detach().cpu().clone() for key, value in model.state_dict().items()}
            return
        if improved:
            self.best = f"best-{history[-1]['number']}.safetensors"
            save_weights(model, self.folder / self.best)
        if time.monotonic() >= self.due:
            self.write(model, state, history, self.folder)
        for old in self.folder.glob("best-*.safetensors"):
            if old.name not in (self.best, self.resumed_best):
                old.unlink()

    def write(self, model: nn.Module, state: dict[str, Any], history: list[dict[str, Any]], folder: Path) -> None:
        """Writes what :meth:`resume` reads."""
        began = time.monotonic()
        saved = {
            "model": model.state_dict(),
            **{name: part.state_dict() for name, part in state.items()},
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "best": self.best,
            "best_score": self.best_score,
            "history": history,
        }
        with whole_file(folder / STATE) as temporary:
            torch.save(saved, temporary)
        if not (folder / CONFIG).exists():  # last: from here on there is something to resume
            with whole_file(folder / CONFIG) as temporary:
                temporary.write_text(json.dumps(self.config), encoding="utf-8")
        self.resumed_best = self.best
        self.due = time.monotonic() + PAUSE * (time.monotonic() - began)

    def restore_best(self, model: nn.Module) -> None:
        """Puts the best epoch's weights into the model; a process that does not write has none."""
        if not self.writes:
            return
        if isinstance(self.best, str) and self.folder is not None:
            load_weights(model, self.folder / self.best)
        elif self.best is not None:
            model.load_state_dict(self.best)

    def clear(self) -> None:
        """Removes what is there."""
        if self.writes and self.folder is not None:
            clear_progress(self.folder)


def clear_progress(folder: Path) -> None:
    """Removes what a finished run no longer needs."""
    if not folder.is_dir():
        return
    # the marker first: a half-removed state must not look like one to resume
    for name in (CONFIG, STATE):
        with suppress(OSError):  # not there, or somebody's folder
            (folder / name).unlink()
    # and what a killed process left half-written
    halves = (path for name in (CONFIG, STATE, "best-*.safetensors") for path in folder.glob(f".{name}.*"))
    for file in [*folder.glob("best-*.safetensors"), *halves]:
        with suppress(OSError):
            file.unlink()
    with suppress(OSError):  # someone else's file in there is no reason to fail
        folder.rmdir()


def check_room(model: nn.Module, folder: Path) -> None:
    """Looks before a training whether the disk can hold what it keeps, which is known by the size of the model.

    Raises:
        UserError: it cannot hold the best weights and the state: the weights, and two moments of each that is trained.
    """
    weights = sum(part.numel() * part.element_size() for part in model.state_dict().values())
    trained = sum(part.numel() * part.element_size() for part in model.parameters() if part.requires_grad)
    needed, free = 2 * (weights + trained), free_bytes(folder)
    if free < needed:
        raise UserError(
            f"{folder.parent}: the training needs {needed / 1e6:,.1f} MB for its weights and state, and the disk has "
            f"{free / 1e6:,.1f} MB free; make room, or give another --output_path"
        )
