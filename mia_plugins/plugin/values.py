"""The values that an annotation allows: conversion, range, and what is said of a wrong one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, Union, get_args, get_origin

from ..errors import UserError

SHOWN = 60  # characters of a wrong value that a message repeats


@dataclass(frozen=True)
class Range:
    """The values a number may have, for ``Annotated[float, Range(0, 1)]``; never infinite, never NaN.

    Args:
        low, high: the bounds.
        above, below: exclude the lower or the upper bound itself.
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
        return is_finite(value) and low and high

    def __str__(self) -> str:
        if math.isinf(self.low) and not math.isinf(self.high):
            return f"below {self.high:,.9g}" if self.below else f"{self.high:,.9g} or less"
        if math.isinf(self.high):
            return f"above {self.low:,.9g}" if self.above else f"{self.low:,.9g} or more"
        low, high = f"{self.low:,.9g}", f"{self.high:,.9g}"
        return f"from {low}{' (excluded)' * self.above} to {high}{' (excluded)' * self.below}"


@dataclass(frozen=True)
class OneOf:
    """The texts a setting may be, for ``Annotated[str, OneOf(names)]``, where a plugin may add some later.

    Args:
        names: returns them.
    """

    names: Callable[[], Sequence[str]]

    def holds(self, value: Any) -> bool:
        """Whether the value is one of them."""
        return value in self.names()

    def __str__(self) -> str:
        return f"one of {', '.join(self.names())}"


def is_finite(number: Any) -> bool:
    """Whether a number is neither NaN nor infinite, and small enough for a float.

    >>> is_finite(float("nan")), is_finite(10**400), is_finite(3)
    (False, False, True)
    """
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def typed(name: str, value: Any, annotation: Any) -> Any:
    """The value as its annotation says.

    Annotations may be bool, int, float, str, ``Literal``, ``Optional``, ``Tuple``, and any of them ``Annotated`` with a
    :class:`Range` or :class:`OneOf`. A whole float counts as an int, and 0, 1, "true", "false" as bools; "none" stands
    for None.

    Raises:
        UserError: it cannot be.
    """
    converted = convert(value, annotation)
    if converted is MISFIT:
        raise UserError(f"{name}={shown(value)} should be {wanted(annotation)}")
    return converted


def shown(value: Any) -> str:
    """A wrong value for a message, cut short."""
    try:
        text = repr(value)
    except Exception:  # Python refuses to print 5,000 digits, and an object's repr may do anything
        return f"a {type(value).__name__}"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


MISFIT = object()


def convert(value: Any, annotation: Any) -> Any:
    """As :func:`typed`, but :data:`MISFIT` where the value does not fit."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        inner = convert(value, parts[0])
        if not all(each.holds(inner) for each in annotation.__metadata__ if isinstance(each, OneOf)):
            return MISFIT
        ranges = [each for each in annotation.__metadata__ if isinstance(each, Range)]
        numbers = [n for n in (inner if isinstance(inner, tuple) else [inner]) if isinstance(n, (int, float))]
        return inner if all(each.holds(n) for each in ranges for n in numbers) else MISFIT
    if origin is Literal:
        choices = [(each, convert(value, type(each))) for each in parts]
        return best_of(value, [each for each, got in choices if type(got) is type(each) and got == each])
    if is_union(annotation):
        if type(None) in parts and (value is None or isinstance(value, str) and value == "none"):
            return None
        return best_of(value, [convert(value, part) for part in parts if part is not type(None)])
    if origin is tuple:
        return convert_tuple(value, parts)
    return convert_plain(value, annotation)


def best_of(value: Any, candidates: Sequence[Any]) -> Any:
    """The candidate that equals the value as it stands, otherwise the first that fits."""
    fitting = [each for each in candidates if each is not MISFIT]
    exact = (each for each in fitting if type(each) is type(value) and each == value)
    return next(exact, fitting[0] if fitting else MISFIT)


def convert_plain(value: Any, kind: Any) -> Any:
    """A bool, number or text; None where that is all there is to choose."""
    if kind is type(None):
        return None if value is None or isinstance(value, str) and value == "none" else MISFIT
    number = isinstance(value, Real) and not isinstance(value, bool) and is_finite(value)  # numpy's own included
    if kind is bool and isinstance(value, (bool, int, str)) and str(value).lower() in ("true", "false", "1", "0"):
        return str(value).lower() in ("true", "1")
    if kind is int and number and value == int(value):
        return int(value)
    if kind is float and number:
        return float(value)
    if kind is str and (isinstance(value, str) or number):
        return str(value) if is_writable(str(value)) else MISFIT
    return MISFIT


def is_writable(text: str) -> bool:
    """Whether a text can be written to a file and name one: no NUL, and no bytes that are not UTF-8.

    >>> is_writable("naïve"), is_writable("\\0"), is_writable("\\udcff")
    (True, False, False)
    """
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


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
        choices = [str(each) for each in annotation.__metadata__ if isinstance(each, OneOf)]
        if choices:
            return choices[0]
        return " ".join([wanted(parts[0]), *(str(each) for each in annotation.__metadata__ if isinstance(each, Range))])
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}"
    if is_union(annotation):
        return ", or ".join("none" if part is type(None) else wanted(part) for part in parts)
    if origin is tuple:
        return f"a tuple of {', '.join(wanted(part) for part in parts if part is not Ellipsis)}"
    words = {bool: "true or false", int: "a whole number", float: "a finite number", str: "a text"}
    return words.get(annotation, str(annotation))
