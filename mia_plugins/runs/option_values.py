"""The values that options take: checked the same way from the command line and from Python."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from ..errors import UserError, short
from ..plugin.values import is_writable, shown

LONGEST_NAME = 255  # bytes of a file's name
IGNORED = ("multimodal_method", "logger_name", "log_id", "cache_path", "ablation_type")  # of the benchmark's options
RUNS_OWN = ("", ".", "..", "resume", "lease")  # what a run's folder holds or is


@dataclass(frozen=True)
class Whole:
    """The ``type`` of an option that is a whole number in a range."""

    low: int
    high: int

    def __call__(self, value: Any) -> int:
        text = value if isinstance(value, str) else shown(value)
        digits = text[1:] if text.startswith("-") else text
        if len(text) > 20 or not digits.isdecimal() or not self.low <= int(text) <= self.high:
            raise argparse.ArgumentTypeError(f"{text[:40]} is not a whole number from {self.low} to {self.high}")
        return int(text)


@dataclass(frozen=True)
class Real:
    """The ``type`` of an option that is a number in a range."""

    low: float
    high: float

    def __call__(self, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not self.low <= number <= self.high:
            text = value if isinstance(value, str) else shown(value)
            raise argparse.ArgumentTypeError(f"{text[:40]} is not a number from {self.low:g} to {self.high:g}")
        return number


def checked(name: str, value: Any, action: argparse.Action | None) -> Any:
    """A keyword's value as the option of that name would have it.

    Raises:
        UserError: it does not take the value.
    """
    if name in ("method", "dataset") and not isinstance(value, os.PathLike):
        return value  # may be a plugin; the registry checks it
    if action is None:  # set
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise UserError(f"set={shown(value)} should be a dictionary of hyper-parameters")
        return dict(value)
    if value is None and action.default is None:
        return None
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise UserError(f"{name}={shown(value)} should be True or False")
        return value
    if action.nargs == "+" or isinstance(action.default, list):
        try:
            items = None if isinstance(value, str) else list(value)
        except TypeError:  # an array without a dimension calls itself iterable
            items = None
        if items is None:
            raise UserError(f"{name}={shown(value)} should be a list")
        return [one(name, each, action) for each in items]
    return one(name, value, action)


def one(name: str, value: Any, action: argparse.Action) -> Any:
    """A single value of an option."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(action.type, (Whole, Real)):
        try:
            if isinstance(value, bool):
                kind = "whole number" if isinstance(action.type, Whole) else "number"
                raise argparse.ArgumentTypeError(f"{value} is not a {kind}")
            return action.type(int(value) if isinstance(value, Integral) else value)
        except argparse.ArgumentTypeError as error:
            raise UserError(f"{name}: {error}") from None
    if name == "gpu_id" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise UserError(f"{name}={shown(value)} should be a text")
    if action.choices is not None and value not in action.choices:
        raise UserError(f"{name}={shown(value)} should be one of {', '.join(map(str, action.choices))}")
    return value


def check_values(options: argparse.Namespace) -> argparse.Namespace:
    """Refuses texts that no file can hold or be named by, and values that would make runs share a folder.

    Raises:
        UserError: names the option.
    """
    for name, value in vars(options).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not is_writable(text):
                raise UserError(f"--{name} {short(text)}: holds a NUL, or bytes that are not UTF-8; rename it")
        if isinstance(value, str) and name not in IGNORED and not 0 < longest_name(value) <= LONGEST_NAME:
            raise UserError(
                f"--{name} {short(value)!r}: a name cannot have {longest_name(value)} bytes; correct it or leave it out"
            )
    models = options.model_path
    if Path(models).name != models or models in RUNS_OWN:
        raise UserError(
            f"--model_path {short(models)}: is the name of a folder inside each run's own; give one such as models"
        )
    seeds = options.seeds
    # a seed given twice would be one and the same run, without any spread
    if seeds is not None and (not seeds or len(set(seeds)) < len(seeds)):
        raise UserError(f"--seeds {short(' '.join(map(str, seeds)))}: give each seed once")
    return options


def longest_name(path: str) -> int:
    """Bytes of the longest part of a path.

    >>> longest_name("/data/naïve"), longest_name("")
    (6, 0)
    """
    return max(len(os.fsencode(part)) for part in path.split("/"))
