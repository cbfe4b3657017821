"""A trained model on disk, with everything from its training that testing and predicting need.

``models/`` in a run's folder holds ``model.safetensors``; ``kept.json``: the method, its settings, the task, the options;
``backbone/``: the text encoder's configuration and tokenizer; ``reference.npz``: the model's predictions for the
in-scope training clips, which thresholds and detectors are fitted on; where the model takes new intents,
``calibration.npz`` (:mod:`.unseen`). The folder may be moved and renamed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from .. import __version__
from ..data.problem import Problem
from ..errors import UserError
from ..nn.backbones import keep_bare
from ..plugin.method import Method
from ..plugin.registry import find_method
from ..plugin.settings import split_settings
from ..plugin.task import Task
from ..plugin.values import shown
from ..system.files import whole_file
from ..system.json_files import check_keys, read_object
from ..training.checkpoints import WEIGHTS
from ..training.settings import TrainSettings
from .combinations import Combination
from .context import DIALOGUE, SINGLE_TURNS
from .options import make_options

KEPT, BACKBONE, REFERENCE = "kept.json", "backbone", "reference.npz"
FORMAT = 1
MOST = 1_000_000  # frames, tokens, or numbers in a frame
# options that the folder of a restored model sets; any that are given as well must agree
BROUGHT = ("method", "dataset", "data_mode", "text_backbone", "train_ood", "freeze_backbone_parameters", *DIALOGUE)


@dataclass(frozen=True)
class Kept:
    """What :func:`keep_model` kept.

    Attributes:
        folder: where it is.
        method: the plugin.
        combination: the settings of training and method.
        task: what the model is built for; its encoder and weights are in the folder.
        options: of the training, by name: those of :data:`BROUGHT`, and ``seed``.
        identity: of the training.
        changed: the settings that differed from the defaults.
        temperature: what logits are divided by, so that probabilities fit the development clips
            (:func:`~mia_plugins.evaluation.calibration.fit_temperature`).
    """

    folder: Path
    method: Method
    combination: Combination
    task: Task
    options: Mapping[str, Any]
    identity: Mapping[str, Any]
    changed: Sequence[str]
    temperature: float = 1.0


def keep_model(
    folder: Path,
    options: argparse.Namespace,
    combination: Combination,
    task: Task,
    seed: int,
    *,
    identity: Mapping[str, Any],
    changed: Sequence[str],
    temperature: float,
) -> None:
    """Writes everything that goes with the weights into their folder; the arguments are those of :class:`Kept`."""
    keep_bare(task.text_backbone, folder / BACKBONE)
    kept = {
        "format": FORMAT,
        "version": __version__,
        "options": {**{name: getattr(options, name) for name in BROUGHT}, "seed": seed},
        "settings": vars(combination.settings),
        "method_settings": vars(combination.method_settings),
        "task": {**vars(task), "text_backbone": BACKBONE, "weights": None, "descriptions": None},
        "identity": dict(identity),
        "changed": list(changed),
        "temperature": temperature,
    }
    with whole_file(folder / KEPT) as temporary:
        temporary.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")


def find_kept(place: Path) -> Path:
    """The folder of a model, given that folder or the run's.

    Raises:
        UserError: there is none.
    """
    place = place.resolve()  # "latest" soon points elsewhere
    folders = [place, *sorted(path.parent for path in place.glob(f"*/{KEPT}"))] if place.is_dir() else []
    for folder in folders:
        if (folder / KEPT).is_file():
            return folder
    raise UserError(f"{place}: holds no kept model ({KEPT}); give the folder of a run that kept its model")


def read_kept(place: Path) -> Kept:
    """The model in a folder, without its weights.

    Raises:
        UserError: there is none, it is damaged, or its method is not installed.
    """
    folder = find_kept(place)
    path = folder / KEPT
    sections = ("options", "identity", "task", "settings", "method_settings")
    try:
        kept = read_object(path, {"format": int, "changed": list, **dict.fromkeys(sections, dict)})
        if kept["format"] != FORMAT:
            raise UserError(
                f"{path}: is of format {shown(kept['format'])}, this version reads {FORMAT}; update mia-plugins"
            )
        brought = {**SINGLE_TURNS, **kept["options"]}
        options = {name: brought[name] for name in (*BROUGHT, "seed")}
        make_options(options)  # checks them
        task = read_task(path, kept["task"])
        method = find_method(options["method"])
        settings = {**kept["settings"], **kept["method_settings"]}
        settings = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
        combination = Combination({}, *split_settings(settings, TrainSettings, method.settings))
    except FileNotFoundError as error:
        raise UserError(f"{path}: is not there any more; give the folder of a run that kept its model") from error
    except KeyError as error:
        raise UserError(f"{path}: lacks {error}; train again") from error
    except UserError as error:
        words = str(error)
        raise UserError(words if words.startswith(str(path)) else f"{path}: {words}") from error
    needed = (WEIGHTS, BACKBONE, REFERENCE) if task.problem == "multi-class" else (WEIGHTS, BACKBONE)
    for part in (folder / name for name in needed):
        if not part.exists():
            raise UserError(f"{part}: is missing; copy the whole folder {folder}")
    placed = {**vars(task), "text_backbone": str(folder / BACKBONE), "weights": str(folder / WEIGHTS)}
    changed = [str(name) for name in kept["changed"]]
    temperature = kept.get("temperature", 1.0)  # models that were kept before there was one have none
    if not isinstance(temperature, (int, float)) or isinstance(temperature, bool) or not 0 < temperature < MOST:
        raise UserError(f"{path}: temperature={shown(temperature)} should be a number above 0; train again")
    identity = kept["identity"]
    return Kept(folder, method, combination, Task(**placed), options, identity, changed, float(temperature))


def read_task(path: Path, task: Mapping[str, Any]) -> Task:
    """The task of a kept model, checked.

    Raises:
        UserError: a part is missing, of another type or out of range.
    """
    numbers = ("text_length", "video_length", "audio_length", "video_dim", "audio_dim")
    kinds = {"dataset": str, "labels": list, "num_classes": int, "text_backbone": str}
    check_keys(path, task, {**kinds, **dict.fromkeys(numbers, int)})
    problem = task.get("problem", "multi-class")  # a model of an older version
    if problem not in get_args(Problem):
        raise UserError(
            f"{path}: problem={shown(problem)} should be one of {', '.join(get_args(Problem))}; train again"
        )
    labels = tuple(task["labels"])
    if not labels or not all(isinstance(label, str) for label in labels) or len(set(labels)) < len(labels):
        raise UserError(f"{path}: labels should be distinct texts; train again")
    if problem == "regression" and len(labels) != 1:
        raise UserError(f"{path}: a regression has the name of one number, not {len(labels)} labels; train again")
    if task["num_classes"] not in (len(labels), len(labels) + (problem == "multi-class")):
        raise UserError(f"{path}: num_classes does not fit its {len(labels)} labels; train again")
    for name in numbers:
        if not 0 < task[name] <= MOST:
            raise UserError(f"{path}: {name}={shown(task[name])} should be from 1 to {MOST:,}; train again")
    kept = {name: task[name] for name in ("dataset", "num_classes", "text_backbone", *numbers)}
    return Task(labels=labels, problem=problem, **kept)


def trained_before(output_path: Path, identity: Mapping[str, Any]) -> Kept:
    """The newest kept model of a training, among those below a folder.

    Raises:
        UserError: there is none; names the closest one, and what it differs in.
    """
    wanted = json.loads(json.dumps(dict(identity)))
    # "latest" points to one of the others
    nearest: tuple[list[str], Path] | None = None
    for path in sorted(output_path.resolve().glob(f"*/*/{KEPT}"), key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            saved = read_object(path, {"identity": dict})["identity"]
            differs = sorted(key for key in {*wanted, *saved} if wanted.get(key) != saved.get(key))
        except (OSError, UserError):
            continue  # somebody else's, or a damaged one
        if not differs:
            return read_kept(path.parent)
        if saved.get("method") == wanted["method"] and (nearest is None or len(differs) < len(nearest[0])):
            nearest = differs, path.parent.parent
    if nearest is None:
        raise UserError(
            f"{output_path}: holds no trained model of {wanted['method']}; add --train, or give --restore DIR"
        )
    raise UserError(
        f"{output_path}: holds no model that this command trained; add --train, or --restore {nearest[1]} for the "
        f"nearest (it differs in {', '.join(nearest[0][:6])})"
    )


def restored_options(options: argparse.Namespace, kept: Kept) -> argparse.Namespace:
    """The options, with those of the training filled in.

    Raises:
        UserError: an option that was given contradicts them.
    """
    values = dict(kept.options)
    seed = values.pop("seed")
    for name, value in values.items():
        given = getattr(options, name)
        given = getattr(given, "name", given)
        if name in options.given and given != value and not same_encoder(name, given, kept):
            raise UserError(
                f"--{name} {given}: the model in {kept.folder} was trained with {value!r}; leave --{name} out"
                + (f", or give --{name} {value}" if isinstance(value, str) else "")
            )
    for name in ("assignments", "set", "config_file_name", "train", "resume", "tune"):
        if getattr(options, name):
            shown = "set" if name == "assignments" else name
            raise UserError(f"--{shown} and --restore: a restored model keeps its settings; leave --{shown} out")
    if "seed" in options.given and options.seed != seed or options.seeds not in (None, [seed]):
        raise UserError(f"--seed: the model in {kept.folder} was trained with seed {seed}; leave --seed out")
    return argparse.Namespace(**{**vars(options), **values, "seed": seed, "seeds": None})


def same_encoder(name: str, given: Any, kept: Kept) -> bool:
    """Whether a text backbone has the weights that the model was trained from, whatever it is called."""
    from ..nn.lookup import encoder_digest

    return name == "text_backbone" and encoder_digest(str(given)) == kept.identity.get("text_backbone")
