"""Hyper-parameters: each declared once with type, range and meaning, its values checked the same way everywhere."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import inspect
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args, get_type_hints

from ..errors import UserError
from .values import SHOWN, Range, shown, typed, wanted

MOST_COMBINATIONS = 10_000  # of a grid


class Setting(NamedTuple):
    """One hyper-parameter, as :func:`describe` shows it."""

    name: str
    type: str
    default: Any
    range: str
    meaning: str


def check(settings: Any) -> None:
    """Checks every field of a settings dataclass against its type and range; to be called in ``__post_init__``.

    Raises:
        UserError: a value is of another type, or out of range.
    """
    for name, annotation in hints(type(settings)).items():
        value = typed(name, getattr(settings, name), annotation)
        object.__setattr__(settings, name, value)


def hints(kind: type) -> dict[str, Any]:
    """The evaluated annotations of those fields of a dataclass that can be given.

    Raises:
        UserError: it is not a dataclass, or an annotation cannot be evaluated.
    """
    try:
        known = get_type_hints(kind, include_extras=True)
        return {field.name: known[field.name] for field in dataclasses.fields(kind) if field.init}
    except (NameError, TypeError, AttributeError, SyntaxError) as error:
        raise UserError(f"settings {getattr(kind, '__name__', kind)}: cannot be read ({error})") from error


def describe(kind: type) -> list[Setting]:
    """Every hyper-parameter of a settings dataclass; meanings are read from the ``Args`` of its docstring."""
    meanings: dict[str, str] = {}
    section = (inspect.getdoc(kind) or "").partition("Args:\n")[2].split("\n\n")[0]
    for entry in re.split(r"\n(?=    \S)", section):
        names, colon, text = entry.strip().partition(": ")
        if colon:
            meanings.update(dict.fromkeys(names.split(", "), " ".join(text.split())))
    annotations = hints(kind)
    rows = []
    for field in (each for each in dataclasses.fields(kind) if each.name in annotations):
        annotation = annotations[field.name]
        extras = getattr(annotation, "__metadata__", ())
        bounds = " ".join(str(each) for each in extras if isinstance(each, Range))
        plain = get_args(annotation)[0] if bounds else annotation
        rows.append(Setting(field.name, wanted(plain), field.default, bounds, meanings.get(field.name, "")))
    return rows


def parse_assignments(texts: list[str]) -> dict[str, Any]:
    """``key=value`` texts of ``--set`` as a dictionary; a list is a grid.

    >>> parse_assignments(["lr=1e-4", "aligned_method=ctc", "num_anchors=[4, 8]"])
    {'lr': 0.0001, 'aligned_method': 'ctc', 'num_anchors': [4, 8]}
    """
    values: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UserError(f"--set {text[:SHOWN]}: write it as key=value")
        try:
            values[key.strip()] = ast.literal_eval(value.strip())
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            values[key.strip()] = value.strip()
    return values


def split_settings(values: Mapping[str, Any], *kinds: type) -> list[Any]:
    """One instance of each dataclass, together taking every value.

    Raises:
        UserError: a key that none of them has (names the closest that exists), a value of the wrong type or out of
            range, or no value for a setting without a default.
    """
    annotations = [hints(kind) for kind in kinds]
    known = {name for kind in annotations for name in kind}
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known))}"
            raise UserError(f"unknown hyper-parameter {shown(key)}; {hint}")
    for kind in kinds:
        for field in dataclasses.fields(kind):
            needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            if needed and field.init and field.name not in values:
                raise UserError(f"{field.name} has no default; give it with --set {field.name}=VALUE, or in the config")
    return [
        kind(**{key: typed(key, value, named[key]) for key, value in values.items() if key in named})
        for kind, named in zip(kinds, annotations)
    ]


def grid(values: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every combination of the list-valued entries: pairs of all values and the choices alone.

    >>> [choice for _, choice in grid({"lr": [1, 2], "k": [8], "name": "x"})]
    [{'lr': 1}, {'lr': 2}]

    Raises:
        UserError: an empty list, one in a list, the same value twice, or more than :data:`MOST_COMBINATIONS` combinations.
    """
    single = {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in values.items()}
    axes = {key: value for key, value in single.items() if isinstance(value, list)}
    for key, value in values.items():
        if isinstance(value, list) and not value:
            raise UserError(f"{key}=[] is an empty list; a list is a grid of values")
        if isinstance(value, list) and any(isinstance(each, list) for each in value):
            raise UserError(f"{key}={shown(value)} has a list in a list; a list is a grid of values")
    count = math.prod(len(value) for value in axes.values())
    if count > MOST_COMBINATIONS:
        raise UserError(
            f"the lists of {', '.join(axes)} make {count:,} combinations; {MOST_COMBINATIONS:,} are the most"
        )
    for key, value in axes.items():
        if len(set(map(repr, value))) < len(value):
            raise UserError(f"{key}={shown(value)} has a value twice; a list is a grid of values")
    for chosen in itertools.product(*axes.values()):
        choice = dict(zip(axes, chosen))
        yield {**single, **choice}, choice
