"""A run as a row of the results table: enough to tell any two rows apart, all scores in percent."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..evaluation.metrics import columns, text_of
from ..system.digests import digest
from ..system.files import whole_file
from ..system.logs import logger
from .context_text import context_words
from .results import append_row

UNSAVED = "row.csv"  # in the run's folder, if the table cannot be written


def table_row(record: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A run's row: the benchmark's columns, then what sets the run apart; what was not used is left empty."""
    metrics, training = record["metrics"], record["training"]
    row: dict[str, Any] = {key: float(text_of(key, metrics[key])) for key in columns() if key in metrics}
    if record["dev_score"] is not None:
        monitor = record["settings"]["eval_monitor"]
        row[f"eval_{monitor}"] = float(text_of(monitor, record["dev_score"]))
    detects = record["test_ood"] and record["test_mode"] == "ood_det"
    row.update(
        dataset=record["dataset"],
        data_mode=record["data_mode"],
        ood_dataset=record["ood_dataset"] or "",
        method=record["method"],
        text_backbone=record["text_backbone"],
        features=" ".join(record["features"]),
        train_ood=record["train_ood"],
        test_ood=record["test_ood"],
        test_mode=record["test_mode"] if record["test_ood"] else "",
        ood_detection_method=record["ood_detection_method"] if detects else "",
        context=context_words(record.get("dialogue")),
        frozen=record["frozen"],
        seed=record["seed"],
        **record["changed"],
        best_epoch=record["best_epoch"] if record["best_epoch"] is not None else "",
        seconds=record["seconds"],
        device=record["device"],
        date=record["date"],
        restored=record["restored"] or "",
        version=training["version"],
        code=training["code"][:10],
        data=record["testing"]["data"][:10],
        run=run_id(record),
        log_id=record["log_id"],
        folder=str(folder),
    )
    return row


def run_id(record: Mapping[str, Any]) -> str:
    """What tells the run from any other."""
    return digest([record["training"], record["testing"]])[:10]


def results_table(options: argparse.Namespace) -> Path:
    """The file of the results table."""
    return Path(options.results_path) / options.results_file_name


def add_row(options: argparse.Namespace, record: Mapping[str, Any], folder: Path) -> None:
    """Adds a finished run to the results table, once.

    Raises:
        UserError: the table cannot be written; the row is kept in the run's folder.
    """
    path, row = results_table(options), table_row(record, folder)
    try:
        if append_row(path, row, unless=("run", "date")):
            logger.debug("results: %s", path)
    except UserError as error:
        kept = folder / UNSAVED
        try:
            with whole_file(kept) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(row), lineterminator="\n")
                writer.writeheader()
                writer.writerow(row)
        except UserError:
            raise UserError(f"{error}; the run is finished: the same command then adds its row") from error
        raise UserError(f"{error}; the run is finished, and its row is in {kept}") from error
