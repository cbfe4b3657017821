"""Hyper-parameters: each declared once with type, range and meaning, and checked alike wherever its value comes from."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import inspect
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from ..errors import UserError

MOST_COMBINATIONS = 10_000  # of a grid
SHOWN = 60  # characters of a wrong value that a message repeats


@dataclass(frozen=True)
class Range:
    """The values a number may have, for ``Annotated[float, Range(0, 1)]``; never infinite, never NaN.

    Args:
        low, high: the bounds.
        above, below: leave the lower, the upper bound itself out.
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        """Whether the value lies in the range.

        >>> Range(0, 1, below=True).holds(1), Range(1).holds(float("inf")), Range(1).holds(3)
        (False, False, True)
        """
        low = value > self.low if self.above else value >= self.low
        high = value < self.high if self.below else value <= self.high
        return math.isfinite(value) and low and high

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"above {self.low:,.9g}" if self.above else f"{self.low:,.9g} or more"
        low, high = f"{self.low:,.9g}", f"{self.high:,.9g}"
        return f"from {low}{' (excluded)' * self.above} to {high}{' (excluded)' * self.below}"


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
    """The annotations of a dataclass' fields, evaluated."""
    known = get_type_hints(kind, include_extras=True)
    return {field.name: known[field.name] for field in dataclasses.fields(kind)}


def typed(name: str, value: Any, annotation: Any) -> Any:
    """The value as its annotation says.

    Annotations may be bool, int, float, str, ``Literal``, ``Optional``, ``Tuple``, and any of them ``Annotated`` with a
    :class:`Range`. A whole float counts as an int, and 0, 1, "true", "false" as bools; "none" stands for None.

    Raises:
        UserError: it cannot be.
    """
    converted = convert(value, annotation)
    if converted is MISFIT:
        shown = repr(value)
        shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."
        raise UserError(f"{name}={shown} should be {wanted(annotation)}")
    return converted


MISFIT = object()


def convert(value: Any, annotation: Any) -> Any:
    """As :func:`typed`, but :data:`MISFIT` where the value does not fit."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        inner = convert(value, parts[0])
        ranges = [each for each in annotation.__metadata__ if isinstance(each, Range)]
        numbers = [n for n in (inner if isinstance(inner, tuple) else [inner]) if isinstance(n, (int, float))]
        return inner if all(each.holds(n) for each in ranges for n in numbers) else MISFIT
    if origin is Literal:
        return value if any(value == each and isinstance(value, type(each)) for each in parts) else MISFIT
    if is_union(annotation):
        if type(None) in parts and (value is None or value == "none"):
            return None
        found = (convert(value, part) for part in parts if part is not type(None))
        return next((each for each in found if each is not MISFIT), MISFIT)
    if origin is tuple:
        return convert_tuple(value, parts)
    return convert_plain(value, annotation)


def convert_plain(value: Any, kind: Any) -> Any:
    """A bool, number or text."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is bool and isinstance(value, (bool, int, str)) and str(value).lower() in ("true", "false", "1", "0"):
        return str(value).lower() in ("true", "1")
    if kind is int and number and math.isfinite(value) and value == int(value):
        return int(value)
    if kind is float and number and (isinstance(value, float) or abs(value) < 2**1023):
        return float(value) if math.isfinite(value) else MISFIT
    if kind is str and (isinstance(value, str) or number):
        return str(value)
    return MISFIT


def convert_tuple(value: Any, parts: tuple[Any, ...]) -> Any:
    """A tuple, item by item; ``(int, ...)`` is one of any length."""
    if not isinstance(value, (tuple, list)):
        return MISFIT
    kinds = parts[:1] * len(value) if len(parts) == 2 and parts[1] is Ellipsis else parts
    items = tuple(convert(item, kind) for item, kind in zip(value, kinds))
    return items if len(value) == len(kinds) and MISFIT not in items else MISFIT


def is_union(annotation: Any) -> bool:
    """Whether an annotation is ``Optional[...]``, ``Union[...]`` or ``... | ...``."""
    return get_origin(annotation) is Union or type(annotation).__name__ == "UnionType"


def wanted(annotation: Any) -> str:
    """What an annotation asks for, in words.

    >>> from typing import Optional, Tuple
    >>> wanted(Optional[Literal["a", "b"]]), wanted(Tuple[int, ...])
    ('one of a, b, or none', 'a tuple of a whole number')
    """
    origin, parts = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        return " ".join([wanted(parts[0]), *(str(each) for each in annotation.__metadata__ if isinstance(each, Range))])
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}"
    if is_union(annotation):
        return ", or ".join("none" if part is type(None) else wanted(part) for part in parts)
    if origin is tuple:
        return f"a tuple of {', '.join(wanted(part) for part in parts if part is not Ellipsis)}"
    words = {bool: "true or false", int: "a whole number", float: "a finite number", str: "a text"}
    return words.get(annotation, str(annotation))


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
    for field in dataclasses.fields(kind):
        annotation = annotations[field.name]
        extras = getattr(annotation, "__metadata__", ())
        bounds = " ".join(str(each) for each in extras if isinstance(each, Range))
        plain = get_args(annotation)[0] if extras else annotation
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
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            values[key.strip()] = value.strip()
    return values


def split_settings(values: Mapping[str, Any], *kinds: type) -> list[Any]:
    """One instance of each dataclass, together taking every value.

    Raises:
        UserError: a key none of them has (with the closest that exists), or a value of the wrong type or out of range.
    """
    annotations = [hints(kind) for kind in kinds]
    known = {name for kind in annotations for name in kind}
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known))}"
            raise UserError(f"unknown hyper-parameter {str(key)[:SHOWN]!r}; {hint}")
    return [
        kind(**{key: typed(key, value, named[key]) for key, value in values.items() if key in named})
        for kind, named in zip(kinds, annotations)
    ]


def grid(values: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every combination of the list-valued entries: pairs of all values and the choices alone.

    >>> [choice for _, choice in grid({"lr": [1, 2], "k": [8], "name": "x"})]
    [{'lr': 1}, {'lr': 2}]

    Raises:
        UserError: an empty list, the same value twice, or more than :data:`MOST_COMBINATIONS` combinations.
    """
    single = {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in values.items()}
    axes = {key: value for key, value in single.items() if isinstance(value, list)}
    for key, value in axes.items():
        if not value:
            raise UserError(f"{key}=[] is an empty list; a list is a grid of values")
    count = math.prod(len(value) for value in axes.values())
    if count > MOST_COMBINATIONS:
        raise UserError(
            f"the lists of {', '.join(axes)} make {count:,} combinations; {MOST_COMBINATIONS:,} are the most"
        )
    for key, value in axes.items():
        if len(set(map(repr, value))) < len(value):
            raise UserError(f"{key}={str(value)[:SHOWN]} has a value twice; a list is a grid of values")
    for chosen in itertools.product(*axes.values()):
        choice = dict(zip(axes, chosen))
        yield {**single, **choice}, choice
