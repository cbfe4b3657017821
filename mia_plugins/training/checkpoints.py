"""A model's weights on disk, written whole or not at all, read without running anybody's code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from ..errors import UserError
from ..nn.lookup import short_name
from ..plugin.method import Method
from ..plugin.task import Task
from ..plugin.values import shown
from ..system.files import whole_file
from ..system.json_files import read_object
from ..system.untrusted import check_regular

WEIGHTS, CONFIG = "model.safetensors", "config.json"


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
        UserError: the file is missing, damaged, belongs to another model, or holds weights that are not finite.
    """
    if not path.exists():
        raise UserError(f"{path}: no such checkpoint; train first")
    check_regular(path)
    try:
        weights = safetensors.torch.load_file(path)
    except PermissionError as error:
        raise UserError(f"{path}: cannot be read; check its permissions") from error
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise UserError(f"{path}: is damaged ({short(error)}); train again") from error
    check_weights(model.state_dict(), weights, path)
    model.load_state_dict(weights)


def check_weights(wanted: Mapping[str, Tensor], weights: Mapping[str, Tensor], path: Path) -> None:
    """Compares tensors with those of the model they are for.

    Raises:
        UserError: one is missing, too many, of another shape or type, or not finite; names it.
    """
    for name in [*wanted, *weights]:
        if name not in weights:
            wrong = "is missing"
        elif name not in wanted:
            wrong = "is not part of this model"
        elif wanted[name].numel() and weights[name].shape != wanted[name].shape:  # an empty one is a bank's
            wrong = f"has the shape {tuple(weights[name].shape)} where this model has {tuple(wanted[name].shape)}"
        elif weights[name].dtype != wanted[name].dtype:
            wrong = f"is of type {weights[name].dtype} where this model has {wanted[name].dtype}"
        elif weights[name].is_floating_point() and not torch.isfinite(weights[name]).all():
            raise UserError(f"{path}: {name} holds values that are not finite; train again")
        else:
            continue
        raise UserError(f"{path}: does not fit this model: {name} {wrong}; train again, or give its settings")


def short(error: BaseException) -> str:
    """An error's words in one short line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


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
    check_config(folder / CONFIG, config, "train with --train first")
    load_weights(model, folder / WEIGHTS)


def check_config(path: Path, config: Mapping[str, Any], remedy: str) -> None:
    """Compares a saved configuration with the one asked for."""
    try:
        saved = read_object(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such checkpoint; {remedy}") from error
    wanted = json.loads(json.dumps(dict(config)))
    for key in sorted({*wanted, *saved}):
        if saved.get(key) != wanted.get(key):
            theirs, ours = shown(saved.get(key)), shown(wanted.get(key))
            raise UserError(f"{path}: made with {shown(key)[1:-1]}={theirs}, asked for {ours}; give the same, or train")
