"""The run script's options as Python keywords, checked as on the command line."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UserError
from .options import Whole, check_seeds, make_parser


def make_options(values: dict[str, Any]) -> argparse.Namespace:
    """Options from keywords instead of a command line, checked alike; ``set`` is a dictionary of hyper-parameters.

    Raises:
        UserError: an unknown keyword, or a value that the option does not take.
    """
    parser = make_parser()
    options = parser.parse_args([])
    actions = {action.dest: action for action in parser._actions}
    for name, value in values.items():
        if name not in vars(options):
            close = difflib.get_close_matches(str(name), vars(options), n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(vars(options)))}"
            raise UserError(f"unknown option {str(name)[:60]!r}; {hint}")
        setattr(options, name, checked(name, value, actions.get(name)))
    options.given = frozenset(values)
    return check_seeds(options)


def checked(name: str, value: Any, action: argparse.Action | None) -> Any:
    """A keyword's value as the option of that name would have it.

    Raises:
        UserError: it does not take the value.
    """
    if name in ("method", "dataset") and not isinstance(value, os.PathLike):
        return value  # may be a plugin; the registry checks it
    if action is None:  # set
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise UserError(f"set={value!r:.60} should be a dictionary of hyper-parameters")
        return dict(value)
    if value is None and action.default is None:
        return None
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise UserError(f"{name}={value!r:.60} should be True or False")
        return value
    if action.nargs == "+" or isinstance(action.default, list):
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise UserError(f"{name}={value!r:.60} should be a list")
        return [one(name, each, action) for each in value]
    return one(name, value, action)


def one(name: str, value: Any, action: argparse.Action) -> Any:
    """A single value of an option."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(action.type, Whole):
        try:
            if isinstance(value, bool):
                raise argparse.ArgumentTypeError(f"{value} is no whole number")
            return action.type(int(value) if hasattr(value, "__index__") else value)
        except argparse.ArgumentTypeError as error:
            raise UserError(f"{name}: {error}") from None
    if name == "gpu_id" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or "\0" in value:
        raise UserError(f"{name}={value!r:.60} should be a text")
    if action.choices is not None and value not in action.choices:
        raise UserError(f"{name}={value!r:.60} should be one of {', '.join(map(str, action.choices))}")
    return value
