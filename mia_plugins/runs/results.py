"""Results: what a run returns, the benchmark's CSV table, a run's arrays."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from ..errors import UserError
from ..system.files import make_folder, whole_file

METRICS = (
    ("acc", "weighted_f1", "weighted_prec", "f1", "prec", "rec")
    + ("auroc", "aupr_in", "aupr_out", "fpr95", "der", "eer")
    + ("oid_acc", "f1-known", "f1-open", "oid_f1")
)
ARRAYS = ("y_pred", "y_true", "y_open", "scores", "features", "logits")


@dataclass
class Run:
    """One run: its seed, the grid's choice, metrics in percent, arrays, the folder of its files, its best dev score."""

    seed: int
    choice: dict[str, Any]
    metrics: dict[str, float]
    arrays: dict[str, np.ndarray] = field(repr=False)
    folder: Path
    dev_score: float = float("nan")


@dataclass
class Results:
    """What ``mia_plugins.run`` returns: every run, and a table of them.

    ``mean`` and ``std`` are over all runs (in percent; the sample standard deviation, 0 for one run).
    """

    runs: list[Run]
    table: str
    log_file: Path

    @property
    def mean(self) -> dict[str, float]:
        """Mean of every metric."""
        return {key: statistics.fmean(run.metrics[key] for run in self.runs) for key in self.runs[0].metrics}

    @property
    def std(self) -> dict[str, float]:
        """Standard deviation of every metric."""
        if len(self.runs) < 2:
            return dict.fromkeys(self.runs[0].metrics, 0.0)
        return {key: statistics.stdev(run.metrics[key] for run in self.runs) for key in self.runs[0].metrics}


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Adds a row to a CSV table under a lock; columns it lacks are added to the table.

    Raises:
        UserError: the table cannot be read or written.
    """
    make_folder(path.parent)
    try:
        with FileLock(f"{path}.lock"):
            columns, rows = read_rows(path)
            columns += [key for key in row if key not in columns]
            with whole_file(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows([*rows, row])
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); give another --results_path") from error


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a CSV table; none where there is no file."""
    if not path.exists() or path.stat().st_size == 0:
        return [], []
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if reader.fieldnames is None or any(None in row for row in rows):
        raise UserError(f"{path}: is not a results table; give another --results_file_name")
    return list(reader.fieldnames), rows


def save_arrays(folder: Path, results: Mapping[str, Any]) -> None:
    """Writes a run's arrays as ``<name>.npy``."""
    for name in ARRAYS:
        if name in results:
            with whole_file(folder / f"{name}.npy") as temporary, open(temporary, "wb") as file:
                np.save(file, results[name])


def unique(items: Sequence[Any]) -> list[Any]:
    """The items without repetition, in order."""
    return [item for i, item in enumerate(items) if item not in items[:i]]
