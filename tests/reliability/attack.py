"""Attacks in this process: each ends in a value or in one line for the user, and is counted by kind."""

from __future__ import annotations

import contextlib
import io
import os
from collections import Counter
from typing import NamedTuple

from hypothesis import HealthCheck, settings

from mia_plugins.errors import LONGEST, UserError, one_line

COUNTS: dict[str, Counter] = {}
HEAVY = bool(os.environ.get("MIA_FUZZ"))


class Ending(NamedTuple):
    """How an attack ended: the value, or the message that the user reads; and what was printed."""

    value: object
    message: str | None
    printed: str


def fuzz(examples):
    """Hypothesis with a fixed choice of examples; ``MIA_FUZZ=1`` tries twenty times as many."""
    return settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=examples * 20 if HEAVY else examples,
        suppress_health_check=list(HealthCheck),
    )


def count(kind):
    """Counts a case of a real process; returns the kind."""
    counted = COUNTS.setdefault(kind, Counter())
    counted["cases"] += 1
    counted["accepted"] += 1
    return kind


def attempt(kind, action):
    """Runs an attack and counts it.

    Raises:
        AssertionError: it ended in another way than a value or one line.
    """
    count = COUNTS.setdefault(kind, Counter())
    count["cases"] += 1
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            ending = Ending(action(), None, printed.getvalue())
        count["accepted"] += 1
    except UserError as error:
        ending = Ending(None, one_line(error), printed.getvalue())
        count["refused"] += 1
    except BaseException as error:
        count["failures"] += 1
        raise AssertionError(f"{type(error).__name__}: {str(error)[:300]}") from error
    expect(kind, "Traceback" not in ending.printed, f"printed {ending.printed[-500:]}")
    if ending.message is not None:
        message = ending.message
        expect(kind, message and "\n" not in message and len(message) <= LONGEST + 4, f"message {message[:300]!r}")
        expect(kind, message.isprintable() and "Traceback" not in message, f"message {message[:300]!r}")
        message.encode()
    return ending


def expect(kind, holds, what):
    """Counts a failure where something does not hold."""
    if not holds:
        COUNTS.setdefault(kind, Counter())["failures"] += 1
        raise AssertionError(what)


def refused(kind, action, *words):
    """An attack that must be refused, in a line with these words."""
    ending = attempt(kind, action)
    expect(kind, ending.message is not None, f"accepted: {str(ending.value)[:300]}")
    for each in words:
        expect(kind, each in ending.message, f"{each!r} is not in {ending.message!r}")
    return ending.message
