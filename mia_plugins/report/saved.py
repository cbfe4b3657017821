"""One finished run on disk. What its files hold is not trusted: it is checked when it is read, with an error that names
the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..runs.records import CLIPS, INSPECTION
from ..system.array_files import read_array, read_arrays
from ..system.json_files import Kinds, check_keys, is_a, read_object

MOST_CLIPS_BYTES = 128 << 20  # of clips.json
LONGEST = 200  # characters of a name that pages show
KEYS: Kinds = {
    "method": str,
    "dataset": str,
    "seed": int,
    "settings": dict,
    "labels": list,
    "metrics": dict,
}
EPOCH: Kinds = {"number": int, "loss": float, "score": float}
SCALARS = (str, bool, float, type(None))
PROBLEMS = ("multi-class", "multi-label", "regression")
DIMENSIONS = {"y_true": 1, "y_pred": 1, "y_open": 1, "scores": 1, "logits": 2, "features": 2}


@dataclass(frozen=True)
class SavedRun:
    """One run's folder and its ``run.json``; see :class:`mia_plugins.plugin.picture.FinishedRun`.

    Every part is read when it is first asked for.

    Raises:
        UserError: on every access, where the file behind it is damaged.
    """

    folder: Path
    record: dict[str, Any]

    @property
    def labels(self) -> list[str]:
        """The in-scope labels, by id."""
        return self.record["labels"]

    @property
    def problem(self) -> str:
        """What was learned: ``multi-class``, ``multi-label`` or ``regression``."""
        return self.record.get("problem", PROBLEMS[0])

    def array(self, name: str) -> np.ndarray | None:
        """A saved array such as ``logits``, with a row a test clip; None where the run has none."""
        path = self.folder / f"{name}.npy"
        try:
            values = checked_array(path, read_array(path), self.problem, len(self.labels))
        except FileNotFoundError:
            return None
        if self.count is not None and len(values) != self.count:
            raise UserError(f"{path}: {len(values)} rows where y_true.npy has {self.count}")
        return values

    @cached_property
    def count(self) -> int | None:
        """The number of test clips; None where the run did not keep their labels."""
        path = self.folder / "y_true.npy"
        try:
            return len(checked_array(path, read_array(path), self.problem, len(self.labels)))
        except FileNotFoundError:
            return None

    @cached_property
    def clips(self) -> dict[str, Any]:
        """``keys``, ``label_ids`` and ``tokens`` of the test clips."""
        path = self.folder / CLIPS
        try:
            clips = read_object(path, {"keys": list, "label_ids": list, "tokens": list}, MOST_CLIPS_BYTES)
        except FileNotFoundError:
            raise UserError(f"{path}: no such file") from None
        keys, label_ids, tokens = clips["keys"], clips["label_ids"], clips["tokens"]
        count = len(keys)
        if not len(label_ids) == len(tokens) == count:
            raise UserError(f"{path}: lists of different lengths")
        if not all(isinstance(words, list) for words in tokens):
            raise UserError(f"{path}: 'tokens' should be lists of words")
        if not all(self.is_label(label_id) for label_id in label_ids):
            raise UserError(f"{path}: 'label_ids' should be numbers from 0 to {len(self.labels)}")
        if self.count not in (None, count):
            raise UserError(f"{path}: {count} clips where y_true.npy has {self.count}")
        return {
            "keys": [plain(key) for key in keys],
            "label_ids": label_ids,
            "tokens": [[plain(word) for word in words] for words in tokens],
        }

    def is_label(self, value: Any) -> bool:
        """Whether a value of ``label_ids`` is an id, a list of ids, or a number, as the problem has it."""
        if self.problem == "regression":
            return is_a(value, float) and finite(value)
        ids = value if self.problem == "multi-label" and isinstance(value, list) else [value]
        return all(is_a(each, int) and 0 <= each <= len(self.labels) for each in ids)

    @cached_property
    def inspection(self) -> dict[str, np.ndarray]:
        """What the method showed of its inside; empty where it shows nothing."""
        path = self.folder / INSPECTION
        try:
            arrays = read_arrays(path)
        except FileNotFoundError:
            return {}
        for name, values in arrays.items():
            if not np.isfinite(values).all():
                raise UserError(f"{path}: {name} holds values that are not finite")
        return arrays


def read_run(path: Path) -> SavedRun:
    """The run of a ``run.json``.

    Raises:
        UserError: the file is damaged, or lacks something.
    """
    record = read_object(path, KEYS)
    for key in ("method", "dataset", "text_backbone"):
        record[key] = plain(record.get(key, ""))
    if not 0 <= record["seed"] < 2**32:
        raise UserError(f"{path}: 'seed' should be from 0 to 2**32 - 1")
    for value in record["settings"].values():
        if not all(is_a(part, SCALARS) for part in (value if isinstance(value, list) else [value])):
            raise UserError(f"{path}: 'settings' should be plain values by name")
    if not record["labels"] or not all(isinstance(label, str) for label in record["labels"]):
        raise UserError(f"{path}: 'labels' should be a list of texts")
    record["labels"] = [plain(label) for label in record["labels"]]
    record["problem"] = record.get("problem", PROBLEMS[0])  # a run of an older version
    if record["problem"] not in PROBLEMS:
        raise UserError(f"{path}: 'problem' should be one of {', '.join(PROBLEMS)}")
    if not all(is_a(value, float) for value in record["metrics"].values()):
        raise UserError(f"{path}: 'metrics' should be numbers by name")
    record["metrics"] = {plain(name): value for name, value in record["metrics"].items() if finite(value)}
    record["history"] = record.get("history") or []
    record["modality_ablation"] = record.get("modality_ablation") or []
    record["test_ood"] = record.get("test_ood") is True
    for key in ("history", "modality_ablation"):
        if not isinstance(record[key], list) or not all(isinstance(row, dict) for row in record[key]):
            raise UserError(f"{path}: {key!r} should be a list of objects")
    for epoch in record["history"]:
        check_keys(path, epoch, EPOCH)
        if not finite(epoch["loss"]) or not finite(epoch["score"]):
            raise UserError(f"{path}: 'history' holds values that are not finite")
    check_ablation(path, record["modality_ablation"])
    return SavedRun(path.parent, record)


def check_ablation(path: Path, rows: list[Mapping[str, Any]]) -> None:
    """Every row has a modality, a way and the same metrics, all finite."""
    for row in rows:
        check_keys(path, row, {"modality": str, "way": str})
        metrics = {key for key in row if key not in ("modality", "way") and not key.endswith("_change")}
        if metrics != {key for key in rows[0] if key not in ("modality", "way")} or not all(
            is_a(value, float) and finite(value) for key, value in row.items() if key not in ("modality", "way")
        ):
            raise UserError(f"{path}: 'modality_ablation' should have the same numbers in every row")


def checked_array(path: Path, values: np.ndarray, problem: str, labels: int) -> np.ndarray:
    """The array, if reports can use it: finite, of the right shape, and label ids within the labels.

    Raises:
        UserError: they cannot.
    """
    is_label, several = path.name.startswith("y_"), problem == "multi-label"
    dimensions = 2 if is_label and several else DIMENSIONS[path.stem]
    if values.ndim != dimensions:
        raise UserError(f"{path}: {values.ndim} dimensions instead of {dimensions}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise UserError(f"{path}: holds values that are not finite")
    if is_label and several and (values.shape[1] != labels or not np.isin(values, (0, 1)).all()):
        raise UserError(f"{path}: should hold 0 or 1 for each of {labels} labels")
    if is_label and problem == "regression" and values.dtype.kind not in "fiu":
        raise UserError(f"{path}: should hold numbers")
    if (
        is_label
        and problem == "multi-class"
        and (values.dtype.kind not in "iu" or ((values < 0) | (values > labels)).any())
    ):
        raise UserError(f"{path}: should hold whole numbers from 0 to {labels}")
    if path.stem == "logits" and values.shape[1] not in (labels, labels + 1):
        raise UserError(f"{path}: {values.shape[1]} columns for {labels} labels")
    return values


def finite(value: float) -> bool:
    """Whether a number is neither NaN nor infinite, nor so large that computing with it would overflow."""
    return abs(value) < 1e100


def plain(text: Any) -> str:
    """A text of a file as pages and pictures can show it: no control characters, not too long."""
    text = str(text)
    shown = "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST])
    return shown if len(text) <= LONGEST else f"{shown[:-1]}…"
