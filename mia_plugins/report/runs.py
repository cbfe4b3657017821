"""Finished runs: finding their folders, and putting those of one setting together."""

from __future__ import annotations

import csv
import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..evaluation.metrics import text_of
from ..plugin.method import Method
from ..plugin.registry import METHOD_GROUP, find_method, names
from ..runs.context_text import context_words
from ..runs.records import RECORD
from ..runs.results import read_rows
from .saved import SavedRun, plain, read_run

IDENTITY = (
    "method",
    "dataset",
    "problem",
    "text_backbone",
    "data_mode",
    "train_ood",
    "test_ood",
    "test_mode",
    "dialogue",
)
MOST_TABLE_BYTES = 64 << 20


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seed alone.

    Args:
        title: what sets them apart from the report's other groups: method, data set and settings.
        runs: by seed.
        label: the title without the data set.
    """

    title: str
    runs: list[SavedRun]
    label: str = ""

    @property
    def first(self) -> SavedRun:
        """The run with the lowest seed."""
        return self.runs[0]

    def values(self, metric: str) -> list[float]:
        """A metric of every run that has it, in percent."""
        return [run.record["metrics"][metric] for run in self.runs if metric in run.record["metrics"]]

    def text(self, metric: str) -> str:
        """``mean ± std`` as it is shown, mostly in percent, or a dash."""
        values = self.values(metric)
        spread = f" ± {text_of(metric, statistics.stdev(values))}" if len(values) > 1 else ""
        return f"{text_of(metric, statistics.fmean(values))}{spread}" if values else "–"


def find_runs(folders: Sequence[Path]) -> tuple[list[SavedRun], list[str]]:
    """Every run below some folders or named in a results table there, and a line for each that cannot be read.

    Raises:
        UserError: a folder is missing, or there is no run at all.
    """
    paths: dict[Path, None] = {}
    problems: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder; give one that --save_results or reproduce wrote")
        paths.update(dict.fromkeys(sorted(path.resolve() for path in folder.rglob(RECORD))))
        for table in sorted(folder.glob("*.csv")):
            try:
                paths.update(dict.fromkeys(path.resolve() for path in named_in(table)))
            except UserError as error:
                problems.append(f"left out: {error}")
    runs = []
    for path in paths:
        try:
            runs.append(read_run(path))
        except (UserError, OSError) as error:
            problems.append(f"left out: {error}")
    if not runs:
        where = ", ".join(map(str, folders))
        first = f" ({problems[0]})" if problems else ""
        raise UserError(
            f"{where}: no finished run is there{first}; run with --save_results, or give the folder of --output_path"
        )
    return runs, problems


def named_in(table: Path) -> list[Path]:
    """The records of the runs that a results table names; their folders may be relative to where run.py was started.

    Raises:
        UserError: the table cannot be read.
    """
    try:
        if not table.is_file() or table.stat().st_size > MOST_TABLE_BYTES:
            raise UserError(f"{table}: is no file, or too large for a results table")
        rows = read_rows(table)[1]
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{table}: is not a results table ({' '.join(str(error).split())[:80]})") from error
    found = []
    for folder in dict.fromkeys(row["folder"] for row in rows if row.get("folder")):
        places = [Path(folder), table.parent / folder, table.parent.parent / folder]
        found += [place / RECORD for place in places if is_file(place / RECORD)][:1]
    return found


def is_file(path: Path) -> bool:
    """Whether there is such a file; false for what can be no path."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def group_runs(runs: Sequence[SavedRun]) -> list[Group]:
    """Runs by their settings, the seeds in order; of a run that is there twice the newer counts."""
    groups: dict[str, dict[int, SavedRun]] = {}
    for run in runs:
        key = json.dumps([identity(run), run.record["settings"]], sort_keys=True)
        seeds = groups.setdefault(key, {})
        other = seeds.get(run.record["seed"])
        if other is None or age(run) > age(other):
            seeds[run.record["seed"]] = run
    sorted_runs = [[seeds[seed] for seed in sorted(seeds)] for seeds in groups.values()]
    sorted_runs.sort(key=lambda group: [group[0].record[key] for key in ("dataset", "test_ood", "method")])
    firsts = [group[0] for group in sorted_runs]
    return [named(group, firsts) for group in sorted_runs]


def identity(run: SavedRun) -> list[str]:
    """What two runs that may be compared have in common beside their settings."""
    return [str(run.record.get(name))[:200] for name in IDENTITY]


def age(run: SavedRun) -> float:
    """When a run was kept, in seconds since 1970."""
    return (run.folder / RECORD).stat().st_mtime


def installed_method(name: str) -> Method | None:
    """The method of a run, where it is installed and can be imported; a run's word runs no file."""
    try:
        return find_method(name) if name in names(METHOD_GROUP) else None
    except Exception:  # somebody's package that fails while it is imported
        return None


def named(runs: list[SavedRun], all_runs: Sequence[SavedRun]) -> Group:
    """A group named by method, data set, and the settings that are not those of most groups of the same method."""
    record = runs[0].record
    method = installed_method(record["method"])
    dataset = record["dataset"] + (" with OOS" if record["test_ood"] else "")
    name, parts = method.label if method else record["method"], []
    same = [other.record for other in all_runs if other.record["method"] == record["method"]]
    if len({other["text_backbone"] for other in same}) > 1:
        parts.append(record["text_backbone"])
    if isinstance(record.get("dialogue"), dict):
        parts.append(plain(context_words(record["dialogue"]))[:80])
    for key, value in sorted(record["settings"].items()):
        usual = Counter(json.dumps(other["settings"].get(key)) for other in same).most_common(1)[0][0]
        if json.dumps(value) != usual:
            parts.append(shown(key, value))
    return Group(", ".join([name, dataset, *parts]), runs, ", ".join([name, *parts]))


def shown(name: str, value: Any) -> str:
    """A setting as titles show it."""
    return plain(f"{name}={value}")[:80]
