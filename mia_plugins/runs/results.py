"""Results: what a run returns, the benchmark's CSV table, a run's arrays."""

from __future__ import annotations

import csv
import glob
import os
import stat
import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..evaluation.metrics import displayed
from ..system.array_files import read_array
from ..system.files import make_folder, reason, remove_halves, whole_file
from ..system.locks import locked

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

    @cached_property
    def predictor(self) -> Any:
        """The kept model, ready to answer; see :func:`mia_plugins.load`.

        Raises:
            UserError: the run did not keep its model.
        """
        from .predictor import load

        return load(self.folder)

    @property
    def model(self) -> Any:
        """The trained ``torch.nn.Module``."""
        return self.predictor.model

    def predict(self, text: Any, video: Any = None, audio: Any = None) -> Any:
        """Answers utterances; see :meth:`mia_plugins.runs.predictor.Predictor.predict`."""
        return self.predictor.predict(text, video, audio)


@dataclass
class Results:
    """What ``mia_plugins.run`` returns: every run, and a table of them.

    ``mean`` and ``std`` are over the seeds of one choice of settings (in percent; the sample standard deviation, 0 for one
    run); for a grid, pick one choice with :meth:`of` first.
    """

    runs: list[Run]
    table: str
    log_file: Path

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The choices of a grid, in its order."""
        return unique([run.choice for run in self.runs])

    def of(self, **choice: Any) -> Results:
        """The runs of one choice of a grid, such as ``results.of(lr=1e-4)``.

        Raises:
            UserError: no run has it.
        """
        runs = [run for run in self.runs if all(run.choice.get(key) == value for key, value in choice.items())]
        if not runs:
            raise UserError(f"no run has {choice}; there are {', '.join(map(str, self.choices))}")
        return Results(runs, self.table, self.log_file)

    def _one_choice(self) -> list[Run]:
        if len(self.choices) > 1:
            raise UserError(f"a mean over {len(self.choices)} settings says nothing; pick one with results.of(...)")
        return self.runs

    @property
    def mean(self) -> dict[str, float]:
        """Mean of every metric."""
        self._one_choice()
        return {key: statistics.fmean(run.metrics[key] for run in self.runs) for key in self.runs[0].metrics}

    @property
    def std(self) -> dict[str, float]:
        """Standard deviation of every metric."""
        if len(self._one_choice()) < 2:
            return dict.fromkeys(self.runs[0].metrics, 0.0)
        return {key: statistics.stdev(run.metrics[key] for run in self.runs) for key in self.runs[0].metrics}


def append_row(path: Path, row: Mapping[str, Any], unless: Sequence[str] = ()) -> bool:
    """Adds a row to a CSV table under a lock; columns it lacks are added to the table.

    Args:
        path: the table.
        row: values by column.
        unless: nothing is added where a row has the same values in these columns.

    Returns:
        Whether the row was added.

    Raises:
        UserError: the table cannot be read or written.
    """
    make_folder(path.parent)
    try:
        # without locks on the file system, the user must keep to one writer at a time
        with locked(Path(f"{path}.lock"), f"waiting for another process that writes {path}") as alone:
            columns, rows = read_rows(path)
            target = path.resolve()  # of a link, not the link itself
            if alone:
                remove_halves(target.parent, glob.escape(target.name))
            if unless and any(all(other.get(key) == str(row[key]) for key in unless) for other in rows):
                return False
            columns += [key for key in row if key not in columns]
            with whole_file(target) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows([*rows, row])
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({reason(error)}); give another --results_path") from error
    return True


def check_table(path: Path) -> None:
    """Checks before a training that its row can be added after it.

    Raises:
        UserError: the table cannot be read or written.
    """
    make_folder(path.parent)
    read_rows(path)
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            raise UserError(f"{place}: cannot be written; give another --results_path")


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a CSV table; none where there is no file.

    Raises:
        UserError: it is not a UTF-8 CSV file, or its rows do not fit its header.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return [], []
    except (OSError, ValueError) as error:  # such as a link to itself
        raise UserError(f"{path}: cannot be read ({reason(error)}); give another --results_path") from error
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{path}: is not a file; give another --results_file_name")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), list(reader.fieldnames or [])
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({reason(error)}); give another --results_path") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f'{path}: is not UTF-8 text (byte {error.start}); save it as "CSV UTF-8", or give another --results_path'
        ) from error
    except csv.Error as error:
        raise UserError(f"{path}: is not a results table ({error}); give another --results_file_name") from error
    if any("\0" in cell for row in (columns, *(row.values() for row in rows)) for cell in row if isinstance(cell, str)):
        raise UserError(f"{path}: is not a results table (it holds a NUL); give another --results_file_name")
    if len(columns) == 1 and (separator := next((each for each in ";\t" if each in columns[0]), "")):
        raise UserError(
            f"{path}: its columns are separated by {separator!r} instead of a comma; save it with commas, or give another "
            "--results_path"
        )
    if rows and any(None in row or None in row.values() for row in rows):
        raise UserError(
            f"{path}: is not a results table (a row does not fit its header); give another --results_file_name"
        )
    return columns, rows


def save_arrays(folder: Path, results: Mapping[str, Any]) -> None:
    """Writes a run's arrays as ``<name>.npy``."""
    for name in ARRAYS:
        if name in results:
            with whole_file(folder / f"{name}.npy") as temporary, open(temporary, "wb") as file:
                np.save(file, results[name])


def unique(items: Sequence[Any]) -> list[Any]:
    """The items without repetition, in order."""
    return [item for i, item in enumerate(items) if item not in items[:i]]


def saved_run(folder: Path, record: Mapping[str, Any], choice: dict[str, Any]) -> Run:
    """A finished run, read from its folder.

    Raises:
        UserError: one of its arrays is damaged.
    """
    arrays = {}
    for name in ARRAYS:
        with suppress(FileNotFoundError):
            arrays[name] = read_array(folder / f"{name}.npy", remedy="make the run again with --again")
    score = record.get("dev_score")
    unit = displayed(record["settings"]["eval_monitor"], 1.0)
    dev_score = float("nan") if score is None else score / unit
    return Run(record["seed"], choice, dict(record["metrics"]), arrays, folder, dev_score)
