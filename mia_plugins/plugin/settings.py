"""Hyper-parameters: typed once, checked once, then plain values."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import UserError

MONITORS = ("acc", "f1", "weighted_f1", "prec", "weighted_prec", "rec", "is_os_f1")
PRECISIONS = ("float32", "bfloat16")
OOD_TRAINING = ("k_plus_1", "outlier_exposure")


@dataclass(frozen=True)
class TrainSettings:
    """How any method is trained; names as in the benchmark's configs where it has them.

    Args:
        num_train_epochs: at most so many epochs.
        train_batch_size, eval_batch_size: clips a batch.
        lr: learning rate of AdamW, after a linear warm-up and before a linear decay to zero.
        new_lr_factor: times as fast learn the layers that are not pre-trained.
        weight_decay: on all but biases and normalization weights.
        warmup_proportion: share of the steps that warm up.
        grad_clip: norm to which gradients are cut; 0: never.
        eval_monitor: the metric on dev that picks the best epoch; is_os_f1 is the mean of F1-IS and F1-OS, with the
            out-of-scope dev clips that ``--train_ood`` reads.
        length_batches: batches of clips of similar length, which saves padding; false: of any, as the benchmark's.
        wait_patience: epochs without a better one after which training stops.
        precision: float32 or bfloat16 (autocast; weights stay float32).
        ood_training: what ``--train_ood`` means: k_plus_1 (out of scope is one more class, as in the paper) or
            outlier_exposure (the benchmark's way for its baselines).
        scale: standard deviations below 1 at which DOC puts a class's threshold.
    """

    num_train_epochs: int = 40
    train_batch_size: int = 8
    eval_batch_size: int = 64
    lr: float = 2e-5
    new_lr_factor: float = 1.0
    weight_decay: float = 0.01
    warmup_proportion: float = 0.1
    grad_clip: float = 1.0
    eval_monitor: str = "acc"
    length_batches: bool = True
    wait_patience: int = 8
    precision: str = "float32"
    ood_training: str = "k_plus_1"
    scale: float = 1.0

    def __post_init__(self) -> None:
        choices = {"eval_monitor": MONITORS, "precision": PRECISIONS, "ood_training": OOD_TRAINING}
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise UserError(f"{name}={getattr(self, name)!r} is none of: {', '.join(known)}")
        for name in ("num_train_epochs", "train_batch_size", "eval_batch_size", "wait_patience"):
            if getattr(self, name) < 1:
                raise UserError(f"{name}={getattr(self, name)} must be 1 or more")
        if not (self.lr > 0 and self.new_lr_factor > 0) or not 0 <= self.warmup_proportion <= 1:
            raise UserError("lr and new_lr_factor must be above 0 and warmup_proportion in [0, 1]")


def parse_assignments(texts: list[str]) -> dict[str, Any]:
    """``key=value`` texts of ``--set`` as a dictionary; a list is a grid.

    >>> parse_assignments(["lr=1e-4", "aligned_method=ctc", "num_anchors=[4, 8]"])
    {'lr': 0.0001, 'aligned_method': 'ctc', 'num_anchors': [4, 8]}
    """
    values: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UserError(f"--set {text}: write it as key=value")
        try:
            values[key.strip()] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            values[key.strip()] = value.strip()
    return values


def split_settings(values: Mapping[str, Any], *types: type) -> list[Any]:
    """One instance of each dataclass, together taking every value.

    Raises:
        UserError: a key none of them has (with the closest that exists), or a value of the wrong type.
    """
    fields = [{field.name: field for field in dataclasses.fields(kind)} for kind in types]
    known = {name for kind in fields for name in kind}
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known))}"
            raise UserError(f"unknown hyper-parameter {key!r}; {hint}")
    return [
        kind(**{key: typed(key, value, named[key].type) for key, value in values.items() if key in named})
        for kind, named in zip(types, fields)
    ]


def typed(key: str, value: Any, annotation: Any) -> Any:
    """The value as its field's type says; a whole float counts as an int, 0, 1, "true" and "false" as bools."""
    name = annotation if isinstance(annotation, str) else annotation.__name__
    if name == "bool" and str(value).lower() in ("true", "false", "1", "0"):
        return str(value).lower() in ("true", "1")
    if name == "int" and not isinstance(value, bool) and isinstance(value, (int, float)) and value == int(value):
        return int(value)
    if name == "float" and not isinstance(value, bool) and isinstance(value, (int, float)):
        return float(value)
    if name == "str" and isinstance(value, (str, int, float)):
        return str(value)
    raise UserError(f"{key}={value!r} should be of type {name}")


def grid(values: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every combination of the list-valued entries: pairs of all values and the choices alone.

    >>> [choice for _, choice in grid({"lr": [1, 2], "k": [8], "name": "x"})]
    [{'lr': 1}, {'lr': 2}]
    """
    single = {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in values.items()}
    axes = {key: value for key, value in single.items() if isinstance(value, list)}
    for key, value in axes.items():
        if not value:
            raise UserError(f"{key}=[] is an empty list; a list is a grid of values")
    for chosen in itertools.product(*axes.values()):
        choice = dict(zip(axes, chosen))
        yield {**single, **choice}, choice
