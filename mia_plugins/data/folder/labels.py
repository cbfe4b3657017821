"""What is to be learned: classes, several labels a clip, or a number; by what the label cells hold."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError, short
from ..faults import fault
from ..problem import Problem
from .columns import close_match, unique
from .config import CONFIG, FolderConfig
from .tables import Row

SEPARATORS = ("|", ";")
MOST_CLASSES = 20  # of whole numbers; where there are more they are taken for a number to predict


@dataclass(frozen=True)
class Target:
    """What is learned of the clips of a folder.

    Attributes:
        problem: classes, several labels a clip, or a number.
        labels: the in-scope labels in the order of their ids; of a regression, the name of the number, alone.
        cells: of each clip its labels; of a regression its number, alone; of an out-of-scope clip None.
        assumed: what was taken for granted, one line each.
    """

    problem: Problem
    labels: tuple[str, ...]
    cells: list[list[Any] | None]
    assumed: tuple[str, ...] = ()

    def ids(self, places: Sequence[int]) -> np.ndarray:
        """The labels of some clips in the form of the problem; see :class:`~mia_plugins.data.clips.Clips`."""
        ids = {label: i for i, label in enumerate(self.labels)}
        chosen = [self.cells[place] for place in places]
        if self.problem == "regression":
            return np.array([values[0] if values else math.nan for values in chosen], np.float32)
        if self.problem == "multi-class":
            return np.array([ids[values[0]] if values else len(ids) for values in chosen], np.int64)
        matrix = np.zeros((len(chosen), len(ids)), np.float32)
        for row, values in zip(matrix, chosen):
            row[[ids[value] for value in values or ()]] = 1
        return matrix


def read_target(rows: Sequence[Row], column: Any, config: FolderConfig, train: Sequence[bool]) -> Target:
    """The labels of all clips.

    Args:
        rows: the clips.
        column: of the labels; several columns of 0 and 1 are a label each.
        config: of the folder.
        train: for each clip whether it is for training; all True if that is not known yet.

    Raises:
        UserError: a cell is empty, no number, or no known label; names the row.
    """
    if isinstance(column, list):
        cells: list[Any] = [_flags(row, column) for row in rows]
        return Target("multi-label", tuple(column), cells)
    raw = [row.cells.get(column) for row in rows]
    outside = [config.out_of_scope is not None and str(value) == config.out_of_scope for value in raw]
    inside = [value for value, out in zip(raw, outside) if not out]
    problem, assumed = (config.problem, "") if config.problem else guess(column, inside, config)
    told = (f"{assumed}; say otherwise with problem in {CONFIG}",) if assumed else ()
    if problem == "regression":
        numbers = [None if out else [_number(row, value)] for row, value, out in zip(rows, raw, outside)]
        return Target("regression", config.labels or (column,), numbers, told)
    cells = [None if out else _words(value, problem, config) for value, out in zip(raw, outside)]
    if problem == "multi-class":
        for row, words in zip(rows, cells):
            if words == []:
                message = f"{row.where}: has no {column}; label this clip, or remove its row"
                fault("clips without a label", row.where, message)
    return Target(problem, _known(rows, cells, config, train), cells, told)


def guess(column: str, values: Sequence[Any], config: FolderConfig) -> tuple[Problem, str]:
    """The problem that the label cells look like, and in words what is assumed; no words for plain classes.

    >>> from pathlib import Path
    >>> guess("score", ["-0.5", "1.2"], FolderConfig(Path("x"), "x"))
    ('regression', "column 'score' holds numbers, so a number is predicted")
    """
    if any(isinstance(value, list) or str(value).startswith("[") for value in values):
        return "multi-label", f"column {column!r} holds lists, so a clip may have several labels"
    separators = (config.separator,) if config.separator else SEPARATORS
    for separator in separators:
        if any(separator in str(value) for value in values):
            return (
                "multi-label",
                f"column {column!r} holds labels separated by {separator!r}, so a clip may have several",
            )
    there = [value for value in values if value not in ("", None)]
    if there and all(_as_number(value) is not None for value in there):
        distinct = {_as_number(value) for value in there}
        if len(distinct) > MOST_CLASSES or any(value != round(value) for value in distinct if value is not None):
            return "regression", f"column {column!r} holds numbers, so a number is predicted"
        return "multi-class", f"column {column!r} holds {len(distinct)} whole numbers, which are taken for classes"
    return "multi-class", ""


def _words(value: Any, problem: Problem, config: FolderConfig) -> list[str]:
    """The labels in a cell."""
    if value is None:
        return []
    if problem == "multi-label" and isinstance(value, str):
        if value.startswith("["):
            try:
                value = json.loads(value.replace("'", '"'))
            except ValueError:
                value = value.strip("[]").split(",")
        else:
            separators = [config.separator] if config.separator else SEPARATORS
            for separator in separators:
                value = value.replace(separator, "\n")
            value = value.split("\n")
    words = value if isinstance(value, list) else [value]
    texts = (" ".join(_label(word).split()) for word in words)
    return unique(text for text in texts if text)


def _label(value: Any) -> str:
    """A label as text; a whole number as spreadsheets write it loses its ``.0``."""
    number = _as_number(value)
    return str(value) if number is None or number != round(number) else str(int(number))


def _known(
    rows: Sequence[Row], cells: Sequence[list[Any] | None], config: FolderConfig, train: Sequence[bool]
) -> tuple[str, ...]:
    """The labels in the order of their ids, once every clip's are known ones."""
    counts = Counter(word for words, use in zip(cells, train) if use for word in words or ())
    labels = config.labels or tuple(sorted(counts, key=_order))
    source = CONFIG if config.labels else "the training clips"
    folded: dict[str, str] = {}
    for label in labels:
        twin = folded.setdefault(label.casefold(), label)
        if twin != label:
            rare = min(twin, label, key=lambda word: counts[word])
            where = next(row.where for row, words in zip(rows, cells) if rare in (words or ()))
            other = twin if rare == label else label
            fault("labels written twice", where, f"{where}: label {rare!r} is also written {other!r}; make them one")
    for row, words in zip(rows, cells):
        for word in words or ():
            if word not in labels:
                same = folded.get(word.casefold())
                hint = f"did you mean {same!r}?" if same else close_match(word, labels)
                message = f"{row.where}: label {short(word)!r} is not among those of {source}; {hint}"
                fault("wrong labels", row.where, message)
        if words:
            words[:] = [word for word in words if word in labels]
    if len(labels) < 2:
        raise UserError(
            f"{config.path.parent}: all clips have one label, {', '.join(labels)}; nothing is to be learned"
        )
    return labels


def _order(label: str) -> tuple[bool, float, str]:
    """Numbers by size before words by alphabet."""
    number = _as_number(label)
    return number is None, number or 0.0, label.casefold()


def _flags(row: Row, columns: Sequence[str]) -> list[str]:
    """The columns that hold a 1."""
    values = {name: _as_number(row.cells.get(name) or 0) for name in columns}
    for name, value in values.items():
        if value not in (0, 1):
            fault("wrong labels", row.where, f"{row.where}: {name} is {row.cells[name]!r}; it should be 0 or 1")
    return [name for name in columns if values[name]]


def _number(row: Row, value: Any) -> float:
    number = _as_number(value)
    if number is None:
        message = f"{row.where}: {short(str(value or ''))!r} is no number; correct it, or remove the row"
        fault("wrong labels", row.where, message)
        return math.nan
    return number


def _as_number(value: Any) -> float | None:
    """A finite number, or None.

    >>> _as_number("1,5"), _as_number(" 2.0"), _as_number("nan"), _as_number([1])
    (None, 2.0, None, None)
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def read_descriptions(path: Path) -> dict[str, list[str]]:
    """The descriptions of labels in a JSON file ``{label: "..."}`` or ``{label: ["...", ...]}``.

    Raises:
        UserError: it holds anything else.
    """
    from ...system.json_files import read_object

    table = {label: [texts] if isinstance(texts, str) else texts for label, texts in read_object(path).items()}
    for label, texts in table.items():
        if (
            not isinstance(texts, list)
            or not texts
            or not all(isinstance(text, str) and text.strip() for text in texts)
        ):
            raise UserError(f"{path}: label {short(label)!r} should have a text or a list of texts; correct it")
    return table
