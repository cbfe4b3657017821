"""A table as text for a terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..runs.markdown import markdown_text

NARROW = 30  # characters that the last column gets at least


@dataclass(frozen=True)
class Table:
    """A heading, the names of the columns, and rows of plain values; the last column holds the longest text.

    ``note`` is a sentence below the heading.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""


def shown(value: Any) -> str:
    """A value as ``--set`` takes it.

    >>> [shown(value) for value in (True, None, 2e-05, "", ("video", "audio"))]
    ['true', 'none', '2e-05', '', 'video, audio']
    """
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, (tuple, list)):
        return ", ".join(map(shown, value))
    return str(value)


def as_text(table: Table, width: int | None = None) -> str:
    """Aligned columns; the last one is wrapped to the terminal's width.

    >>> print(as_text(Table("Metrics", ("name", "meaning"), [("acc", "Fraction of right answers.")]), width=16))
    Metrics
    name  meaning
    ----  ----------
    acc   Fraction
          of right
          answers.
    """
    width = shutil.get_terminal_size((120, 24)).columns if width is None else width
    rows = [[shown(cell) for cell in row] for row in [table.header, *table.rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.header))]
    left = sum(widths[:-1]) + 2 * len(widths[:-1])
    widths[-1] = min(widths[-1], max(width - left, min(NARROW, 10 if width < NARROW else NARROW)))
    lines = [table.title, *textwrap.wrap(table.note, width)]
    for number, row in enumerate(rows):
        parts = textwrap.wrap(row[-1], widths[-1]) or [""]
        start = "".join(cell.ljust(size) + "  " for cell, size in zip(row, widths[:-1]))
        lines += [(start if i == 0 else " " * left) + part for i, part in enumerate(parts)]
        if number == 0:
            lines.append("  ".join("-" * size for size in widths))
    return "\n".join(line.rstrip() for line in lines)


def as_markdown(table: Table) -> str:
    """A Markdown section of second level.

    >>> print(as_markdown(Table("Metrics", ("name", "meaning"), [("acc", "Right answers.")])))
    ## Metrics
    <BLANKLINE>
    | name | meaning |
    |---|---|
    | `acc` | Right answers. |
    """
    lines = ["| " + " | ".join(table.header) + " |", "|" + "---|" * len(table.header)]
    for name, *cells in table.rows:
        lines.append("| " + " | ".join([f"`{shown(name)}`", *(markdown_text(shown(cell)) for cell in cells)]) + " |")
    note = [f"{table.note}\n"] if table.note else []
    return "\n".join([f"## {table.title}\n", *note, *lines])


def as_json(tables: Sequence[Table]) -> str:
    """An object of lists by title, with an object a row."""
    values = {table.title: [dict(zip(table.header, row)) for row in table.rows] for table in tables}
    return json.dumps(values, indent=1, ensure_ascii=False)
