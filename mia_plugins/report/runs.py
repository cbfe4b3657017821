"""Finished runs on disk: finding their folders, reading them, and putting those of one setting together.

Names in ``inspection.npz`` that reports know, each an array with a row a test clip (absent ones leave a picture out):
``sentence_before`` and ``sentence`` ``(clips, width)`` with ``semantics`` ``(labels, descriptions, width)``, and for video
and audio ``<modality>_anchors``, ``<modality>_frames`` ``(clips, k)``, ``<modality>_reading`` ``(clips, k, bins)`` and
``<modality>_length`` ``(clips,)``, as :func:`mia_plugins.methods.amess.inspection.inspect` describes them.
"""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..runs.records import CLIPS, INSPECTION, RECORD
from ..runs.results import read_rows

IDENTITY = ("method", "dataset", "text_backbone", "data_mode", "train_ood", "test_ood", "test_mode")
NAMES = {"amess": "A-MESS", "text": "text only"}


@dataclass(frozen=True)
class SavedRun:
    """One run's folder and its ``run.json``."""

    folder: Path
    record: dict[str, Any]

    def array(self, name: str) -> np.ndarray | None:
        """A saved array such as ``logits``; None where the run has none.

        Raises:
            UserError: the file is damaged.
        """
        path = self.folder / f"{name}.npy"
        try:
            return np.load(path, allow_pickle=False) if path.exists() else None
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: cannot be read ({error}); make the run again") from error

    @cached_property
    def inspection(self) -> dict[str, np.ndarray]:
        """What the method showed of its inside; empty where it shows nothing."""
        path = self.folder / INSPECTION
        try:
            with np.load(path, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: cannot be read ({error}); make the run again") from error

    @cached_property
    def clips(self) -> dict[str, Any]:
        """Keys, label ids and tokens of the test clips."""
        return json.loads((self.folder / CLIPS).read_text(encoding="utf-8"))

    @property
    def labels(self) -> list[str]:
        """The in-scope labels, by id."""
        return self.record["labels"]


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seed alone; ``title`` names what sets them apart from the report's other groups."""

    title: str
    runs: list[SavedRun]

    @property
    def first(self) -> SavedRun:
        """The run with the lowest seed."""
        return self.runs[0]

    def values(self, metric: str) -> list[float]:
        """A metric of every run that has it, in percent."""
        return [run.record["metrics"][metric] for run in self.runs if metric in run.record["metrics"]]

    def text(self, metric: str) -> str:
        """``mean ± std`` in percent, or a dash."""
        values = self.values(metric)
        spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
        return f"{statistics.fmean(values):.2f}{spread}" if values else "–"


def find_runs(folders: Sequence[Path]) -> tuple[list[SavedRun], list[str]]:
    """Every run below some folders, or named in a results table there, and a line for each that cannot be read.

    Raises:
        UserError: a folder is missing, or there is no run at all.
    """
    paths: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder}: no such folder; give one that --save_results or reproduce wrote")
        paths.update(dict.fromkeys(sorted(path.resolve() for path in folder.rglob(RECORD))))
        for table in sorted(folder.glob("*.csv")):
            paths.update(dict.fromkeys(path.resolve() for path in named_in(table)))
    runs, problems = [], []
    for path in paths:
        try:
            runs.append(SavedRun(path.parent, json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError) as error:
            problems.append(f"{path}: cannot be read ({error}); left out")
    if not runs:
        where = ", ".join(map(str, folders))
        raise UserError(f"{where}: no run is kept there; run with --save_results, or give the folder of --output_path")
    return runs, problems


def named_in(table: Path) -> list[Path]:
    """The records of the runs that a results table names; their folders may be relative to where run.py was started."""
    try:
        rows = read_rows(table)[1]
    except UserError:
        return []
    found = []
    for folder in dict.fromkeys(row["folder"] for row in rows if row.get("folder")):
        places = [Path(folder), table.parent / folder, table.parent.parent / folder]
        found += [place / RECORD for place in places if (place / RECORD).is_file()][:1]
    return found


def group_runs(runs: Sequence[SavedRun]) -> list[Group]:
    """Runs by their settings, the seeds in order; of a run that is there twice the newer counts."""
    groups: dict[str, dict[int, SavedRun]] = {}
    for run in runs:
        own = {name: run.record.get(name) for name in IDENTITY}
        key = json.dumps([own, run.record["settings"]], sort_keys=True)
        seeds = groups.setdefault(key, {})
        other = seeds.get(run.record["seed"])
        if other is None or age(run) > age(other):
            seeds[run.record["seed"]] = run
    found = [[seeds[seed] for seed in sorted(seeds)] for seeds in groups.values()]
    found.sort(
        key=lambda group: (group[0].record["dataset"], bool(group[0].record["test_ood"]), group[0].record["method"])
    )
    return [Group(title(group[0], [other[0] for other in found]), group) for group in found]


def age(run: SavedRun) -> float:
    """When a run was kept, in seconds since 1970."""
    return (run.folder / RECORD).stat().st_mtime


def title(run: SavedRun, all_runs: Sequence[SavedRun]) -> str:
    """Method, data set, and the settings that are not those of most groups of the same method."""
    record = run.record
    parts = [
        NAMES.get(record["method"], record["method"]),
        record["dataset"] + (" with OOS" if record["test_ood"] else ""),
    ]
    same = [other.record for other in all_runs if other.record["method"] == record["method"]]
    if len({other["text_backbone"] for other in same}) > 1:
        parts.append(record["text_backbone"])
    for name, value in sorted(record["settings"].items()):
        usual = Counter(json.dumps(other["settings"].get(name)) for other in same).most_common(1)[0][0]
        if json.dumps(value) != usual:
            parts.append(f"{name}={value}")
    return ", ".join(parts)
