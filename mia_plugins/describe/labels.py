"""The labels to describe: a file of the user's, or a data set's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ..data.descriptions import fold_label, read_text
from ..errors import UserError, short

LONGEST = 200  # characters of a label
MOST = 10_000  # labels


def read_labels(path: str | Path) -> list[str]:
    """The labels in a file: one a line, or a JSON list.

    Raises:
        UserError: the file cannot be read, or a label is empty, too long or there twice; names the line.
    """
    text = read_text(path)
    if text.lstrip().startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}: starts like a JSON list but is none ({short(str(error))}); correct it") from error
        if not all(isinstance(label, str) for label in value):
            raise UserError(f"{path}: the list holds more than texts; give the labels' names alone")
        named = [(f"entry {number}", label) for number, label in enumerate(value, start=1)]
    else:
        named = [(f"line {number}", line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    return check_labels(path, named)


def check_labels(path: str | Path, named: Sequence[tuple[str, str]]) -> list[str]:
    """The labels without surrounding spaces.

    Args:
        path: of their file, for messages.
        named: where each label is, such as ``line 3``, and the label.

    Raises:
        UserError: there is none, or too many; one is empty, too long, unprintable or there twice.
    """
    if not 1 <= len(named) <= MOST:
        raise UserError(f"{path}: holds {len(named)} labels; from 1 to {MOST} can be described")
    labels: dict[str, tuple[str, str]] = {}
    for where, label in named:
        label = " ".join(label.split())
        if not label or len(label) > LONGEST or not label.isprintable():
            raise UserError(f"{path}, {where}: {short(label)!r} is no label; give a name of 1 to {LONGEST} characters")
        first, _ = labels.setdefault(fold_label(label), (where, label))
        if first != where:
            raise UserError(f"{path}, {where}: the label {short(label)!r} is in {first} already; remove one")
    return [label for _, label in labels.values()]
