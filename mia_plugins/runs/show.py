"""``mia-plugins results``: a results table grouped by what sets its runs apart, mean ± standard deviation per group."""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..evaluation.metrics import METRICS, shown_in_overview, text_of
from ..plugin.registry import METHOD_GROUP, find, names
from .results import read_rows
from .tables import format_table

Row = Mapping[str, str]
# columns that differ from run to run and say nothing about what was run
EACH_RUN = ("seed", "best_epoch", "seconds", "date", "run", "log_id", "folder", "restored")


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "results",
        help="show a results table: runs grouped, mean ± standard deviation, only the columns that differ",
        description="Groups the rows of a results table that differ in their seed alone.",
    )
    parser.add_argument("file", nargs="?", default="results/results.csv", metavar="FILE", help="default: %(default)s")
    parser.add_argument("--by", nargs="+", metavar="COLUMN", help="group by these columns instead")
    parser.add_argument(
        "--metrics", nargs="+", metavar="NAME", help=f"default: {' '.join(shown_in_overview())}, those that are there"
    )
    parser.add_argument("--diff", action="store_true", help="show each run, and only the columns in which runs differ")
    parser.set_defaults(action=results)


def results(options: argparse.Namespace) -> int:
    """Prints the table.

    Raises:
        UserError: there is no such table, or no such column.
    """
    path = Path(options.file)
    columns, rows = read_rows(path)
    if not rows:
        raise UserError(f"{path}: no results there; run with --save_results, or give the table's file")
    for method in {row.get("method", "") for row in rows} & set(names(METHOD_GROUP)):
        with suppress(Exception):  # its module may register metrics; a package that fails has none to show
            find(METHOD_GROUP, method)
    for name in [*(options.by or ()), *(options.metrics or ())]:
        if name not in columns:
            raise UserError(f"{path}: has no column {name!r}; it has {', '.join(columns)}")
    metrics = options.metrics or [name for name in shown_in_overview() if any(row.get(name) for row in rows)]
    if options.diff:
        print(format_table(*each_run(columns, rows, metrics)))
    else:
        print(format_table(*grouped(rows, options.by or telling(columns, rows), metrics)))
    return 0


def telling(columns: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """The columns that tell kinds of runs apart: no scores, nothing that differs with each run, nothing constant."""
    scores = {*METRICS, *(name for name in columns if name.startswith("eval_"))}
    kinds = [name for name in columns if name not in scores and name not in EACH_RUN]
    return [name for name in kinds if len({row[name] for row in rows}) > 1]


def grouped(rows: Sequence[Row], by: Sequence[str], metrics: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Header and cells: one row per group, with the number of its runs and each metric's mean ± deviation.

    >>> rows = [{"lr": "1", "acc": "50"}, {"lr": "1", "acc": "60"}, {"lr": "2", "acc": ""}]
    >>> grouped(rows, ["lr"], ["acc"])
    (['lr', 'runs', 'acc'], [['1', '2', '55.00 ± 7.07'], ['2', '1', '']])
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), []).append(row)
    cells = [
        [
            *(key or ("all runs",)),
            str(len(same)),
            *(spread(name, [number(row[name]) for row in same]) for name in metrics),
        ]
        for key, same in groups.items()
    ]
    return [*(by or ("",)), "runs", *metrics], cells


def each_run(columns: Sequence[str], rows: Sequence[Row], metrics: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Header and cells: one row per run, with the columns in which they differ."""
    shown = [*telling(columns, rows), *(name for name in ("seed", "run") if name in columns)]
    return [*shown, *metrics], [[row[name] for name in [*shown, *metrics]] for row in rows]


def number(text: str) -> float | None:
    """A cell's number; None where it holds none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def spread(name: str, values: Sequence[float | None]) -> str:
    """Mean ± sample standard deviation of what is there of a metric; empty where nothing is."""
    there = [value for value in values if value is not None]
    if not there:
        return ""
    deviation = f" ± {text_of(name, statistics.stdev(there))}" if len(there) > 1 else ""
    return f"{text_of(name, statistics.fmean(there))}{deviation}"
