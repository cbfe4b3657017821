"""Weights and training state on disk, written whole or not at all, read without running anybody's code."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from ..errors import UserError
from ..nn.backbones import short_name
from ..plugin.method import Method
from ..plugin.task import Task
from ..system.files import whole_file

WEIGHTS, CONFIG = "model.safetensors", "config.json"
PAUSE = 9  # times as long as writing the state took, it is not written again: a tenth of a training's time at most


def identity(method: Method, task: Task, settings: Any, seed: int) -> dict[str, Any]:
    """What must be equal for a saved model to fit a run: all that shapes it, and no path, so that it can be moved."""
    return {
        "method": method.name,
        "seed": seed,
        **vars(task),
        "text_backbone": short_name(task.text_backbone),
        **vars(settings),
    }


def save_weights(model: nn.Module, path: Path) -> None:
    """The model's state as safetensors."""
    with whole_file(path) as temporary:
        safetensors.torch.save_file(
            {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}, temporary
        )


def load_weights(model: nn.Module, path: Path) -> None:
    """Weights that :func:`save_weights` wrote.

    Raises:
        UserError: the file is missing, damaged, or belongs to another model.
    """
    try:
        weights = safetensors.torch.load_file(path)
        model.load_state_dict(weights)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such checkpoint; train with --train --save_model first") from error
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: does not fit this model; train again, or give its settings ({reason})") from error


def save_checkpoint(model: nn.Module, folder: Path, config: Mapping[str, Any]) -> None:
    """``model.safetensors`` and ``config.json`` in a folder."""
    save_weights(model, folder / WEIGHTS)
    with whole_file(folder / CONFIG) as temporary:
        temporary.write_text(json.dumps(dict(config), indent=2), encoding="utf-8")


def load_checkpoint(model: nn.Module, folder: Path, config: Mapping[str, Any]) -> None:
    """A checkpoint that was saved under the same configuration.

    Raises:
        UserError: there is none, or its configuration differs; names the first difference.
    """
    check_config(folder / CONFIG, config, "train with --train --save_model first")
    load_weights(model, folder / WEIGHTS)


def check_config(path: Path, config: Mapping[str, Any], remedy: str) -> None:
    """Compares a saved configuration with the one asked for."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such checkpoint; {remedy}") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read; train again ({error})") from error
    wanted = json.loads(json.dumps(dict(config)))
    for key in sorted({*wanted, *(saved if isinstance(saved, dict) else {})}):
        theirs = saved.get(key) if isinstance(saved, dict) else None
        if theirs != wanted.get(key):
            raise UserError(
                f"{path}: made with {key}={theirs!r}, asked for {wanted.get(key)!r}; give the same, or train"
            )


class Progress:
    """Keeps the best weights of a training on disk, and what a later run needs to go on.

    That is written after an epoch, but not for :data:`PAUSE` times as long as the last writing took: on a GPU an epoch of
    few clips is shorter than writing all weights and moments.

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
        """Brings model, optimizer and random state to where an interrupted run was; returns its epochs."""
        if self.folder is None or not self.wanted or not (self.folder / CONFIG).exists():
            self.clear()
            return []
        check_config(self.folder / CONFIG, self.config, "train without --resume")
        path = self.folder / "training.pt"
        try:
            saved = torch.load(path, map_location="cpu", weights_only=True)
            model.load_state_dict(saved["model"])
            for name, part in state.items():
                part.load_state_dict(saved[name])
            torch.set_rng_state(saved["random"])
            for number, numbers in enumerate(saved["random_cuda"][: torch.cuda.device_count()]):
                torch.cuda.set_rng_state(numbers, number)
        except Exception as error:
            raise UserError(f"{path}: cannot be resumed; train without --resume ({str(error)[:200]})") from error
        self.best, self.best_score = saved["best"], saved["best_score"]
        self.resumed_best = self.best
        return saved["history"]

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
        """What :meth:`resume` reads."""
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
        with whole_file(folder / "training.pt") as temporary:
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
        """Removes what a finished run no longer needs."""
        if self.writes and self.folder is not None and self.folder.is_dir():
            # the marker first: a half-removed state must not look like one to resume
            for name in (CONFIG, "training.pt"):
                (self.folder / name).unlink(missing_ok=True)
            for file in [*self.folder.glob("best-*.safetensors"), *self.folder.glob(".*")]:
                file.unlink()
            with suppress(OSError):  # someone else's file in there is no reason to fail
                self.folder.rmdir()
