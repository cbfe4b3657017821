"""Numbers on the command line that must lie in a range."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TypeVar

Number = TypeVar("Number", int, float)


def at_least(least: Number) -> Callable[[str], Number]:
    """A type for argparse: a number of the kind of ``least``, not below it."""
    return between(least, type(least)(2**53))


def between(least: Number, most: Number) -> Callable[[str], Number]:
    """A type for argparse: a number of the kind of ``least``, from ``least`` to ``most``.

    >>> between(0.0, 1.0)("0.5")
    0.5
    """

    def number(text: str) -> Number:
        try:
            value = type(least)(text)
        except ValueError:
            value = type(least)(least - 1)
        if math.isnan(value) or not least <= value <= most:
            kind = "whole number" if isinstance(least, int) else "number"
            up_to = f" to {most}" if most < 2**53 else ""
            raise argparse.ArgumentTypeError(f"{text!r} is no {kind} from {least}{up_to or ' on'}")
        return value

    return number
