"""Rows of the table: a measured ratio, its spread over the rounds, its goal, and whether it is met."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .processes import Bench, Result

NO_HOST = "no host checkout"  # the note of a row that was left out, which is no failure


@dataclass(frozen=True)
class Row:
    """One line.

    Args:
        what: is measured.
        against: what it is compared with.
        values: one a round.
        goal: to reach; None: only shown.
        more: whether more is better.
        unit: ``x`` (a ratio), ``%`` (a share, held as a fraction), or a unit.
        settings: what it was measured on.
        note: why there is no value, or what else to know.
    """

    what: str
    against: str
    values: tuple[float, ...] = ()
    goal: float | None = None
    more: bool = True
    unit: str = "x"
    settings: str = ""
    note: str = ""

    @property
    def middle(self) -> float | None:
        """The median over the rounds."""
        return statistics.median(self.values) if self.values else None

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the goal; None where there is neither."""
        if self.middle is None or self.goal is None:
            return None
        return self.middle >= self.goal if self.more else self.middle <= self.goal


def paired(rounds: Sequence[dict[str, Result]], over: str, under: str, value: Callable[[Result], float]) -> tuple:
    """``value`` of one side over the other's, for every round that has both."""
    return tuple(value(found[over]) / value(found[under]) for found in rounds if over in found and under in found)


def median(rounds: Sequence[dict[str, Result]], side: str, value: Callable[[Result], float]) -> float:
    """The median of a side's value over the rounds; NaN without any."""
    values = [value(found[side]) for found in rounds if side in found]
    return statistics.median(values) if values else float("nan")


def shown(value: float, unit: str) -> str:
    """A value for people.

    >>> [shown(value, unit) for value, unit in ((3.14159, "x"), (0.0512, "x"), (0.5, "%"), (7.9, "GiB"))]
    ['3.14 x', '0.051 x', '50 %', '7.9 GiB']
    """
    if unit == "%":
        return f"{100 * value:.0f} %"
    digits = 3 if abs(value) < 0.1 else 2 if abs(value) < 10 else 1
    return f"{value:.{digits if unit == 'x' else min(digits, 1)}f} {unit}"


def markdown(rows: Sequence[Row], bench: Bench) -> str:
    """The table, below a line about the machine."""
    cells = [("what", "against", "measured", "min - max", "goal", "met", "settings")]
    notes = []
    for row in rows:
        measured, spread = "-", "-"
        if row.middle is not None:
            measured = shown(row.middle, row.unit)
            spread = f"{shown(min(row.values), row.unit)} - {shown(max(row.values), row.unit)} ({len(row.values)})"
        sign = "≥" if row.more else "≤"
        goal = "" if row.goal is None else f"{sign} {shown(row.goal, row.unit)}"
        met = {None: "" if row.goal is None else "not measured", True: "yes", False: "**no**"}[row.met]
        if row.note:
            notes.append(f"{row.what}, {row.against}: {row.note}")
        cells.append((row.what, row.against, measured, spread, goal, met, row.settings))
    lines = ["| " + " | ".join(line) + " |" for line in cells]
    lines.insert(1, "|" + "---|" * len(cells[0]))
    text = machine(bench) + "\n\n" + "\n".join(lines)
    return text + ("\n\nNotes:\n\n" + "\n".join(f"- {note}" for note in notes) if notes else "") + "\n"


def machine(bench: Bench) -> str:
    """What it was measured on, in a line."""
    import torch
    import transformers

    where = f"{processor()}, {os.cpu_count()} cores, {bench.threads} threads a process"
    if bench.device != "cpu" and torch.cuda.is_available():
        where = f"{torch.cuda.get_device_name(int(bench.device))}; {where}"
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}"
    return f"Machine: {where}; {versions}." + (" **Quick: sizes too small to mean anything.**" if bench.quick else "")


def processor() -> str:
    """The processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def as_json(rows: Sequence[Row], bench: Bench) -> str:
    """The same for programs."""
    found: dict[str, Any] = {"machine": machine(bench)}
    found["rows"] = [{**asdict(row), "median": row.middle, "met": row.met} for row in rows]
    return json.dumps(found, indent=2)
