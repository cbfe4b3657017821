"""What is wrong with a data set's files: the first fault is raised, or all of them are collected.

A reader calls :func:`fault` where a row or clip is wrong, and then goes on with the next one. Outside :func:`collecting` it
never comes so far. So every check stands where the files are read, with its one message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import UserError, one_line

MOST = 1000  # faults of a kind that are kept; all are counted


class Fault(NamedTuple):
    """One thing that is wrong.

    Attributes:
        kind: in a few words, the same for all of its kind.
        where: a table's row, such as ``train.tsv, row 12``, or a file; empty if it is of no one place.
        message: one line that names the place and the remedy.
    """

    kind: str
    where: str
    message: str


@dataclass
class Faults:
    """Faults by kind, no more than :data:`MOST` of each; the same one is not taken twice."""

    kept: dict[str, dict[Fault, None]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, where: str, message: str) -> None:
        """Takes a fault."""
        each, kept = Fault(kind, where, one_line(UserError(message))), self.kept.setdefault(kind, {})
        if each not in kept:
            self.counts[kind] += 1
            if len(kept) < MOST:
                kept[each] = None


_collected: ContextVar[Faults | None] = ContextVar("collected", default=None)


def fault(kind: str, where: object, message: str) -> None:
    """Raises a :class:`~mia_plugins.errors.UserError`, or inside :func:`collecting` notes it.

    Args:
        kind, where, message: see :class:`Fault`.
    """
    collected = _collected.get()
    if collected is None:
        raise UserError(message)
    collected.add(kind, str(where), message)


def is_collecting() -> bool:
    """Whether faults are collected."""
    return _collected.get() is not None


@contextmanager
def collecting(faults: Faults) -> Iterator[None]:
    """Within the block, :func:`fault` adds to ``faults`` instead of raising."""
    token = _collected.set(faults)
    try:
        yield
    finally:
        _collected.reset(token)
