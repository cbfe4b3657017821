"""From a folder's tables to annotated clips: keys, texts, splits and targets, before any feature is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UserError, short
from ...system.untrusted import is_regular
from ..faults import fault
from .columns import PATTERN, find_columns, unique
from .config import CONFIG, FolderConfig
from .labels import Target, read_descriptions, read_target
from .splits import OF_TRAIN, SHARES, SPLITS, draw, find_tables, split_of
from .tables import Row, read_rows

DESCRIPTIONS = "descriptions.json"
_MEDIA = re.compile(r"\.(mp4|avi|mkv|mov|webm|wav|mp3|flac|m4a|npy|pkl)$", re.IGNORECASE)
_BINS = 5  # of a number that a drawn split is stratified by
_MOST_DESCRIPTIONS = 64  # a label


@dataclass(frozen=True)
class Annotations:
    """All clips of a folder, in the order of its tables.

    Attributes:
        tables: the files that were read.
        rows, keys, texts, splits: of each clip.
        target: what is to be learned of them.
        descriptions: label -> texts, its name where it has none; None where a number is learned.
        dialogues, turns, speakers: of each clip, where the tables have them.
        assumed: what was taken for granted, one line each.
    """

    tables: tuple[Path, ...]
    rows: list[Row]
    keys: list[str]
    texts: list[str]
    splits: list[str]
    target: Target
    descriptions: dict[str, list[str]] | None
    dialogues: list[str] | None
    turns: list[int] | None
    speakers: list[str] | None
    assumed: tuple[str, ...]

    def places(self, split: str, in_scope: bool) -> list[int]:
        """The rows of a split's in-scope or out-of-scope clips."""
        target = self.target.cells
        return [i for i, name in enumerate(self.splits) if name == split and (target[i] is not None) == in_scope]


def read_annotations(folder: Path, config: FolderConfig) -> Annotations:
    """Reads the tables.

    Raises:
        UserError: a table, column, row, key or label is wrong.
    """
    tables = find_tables(folder, config)
    read = {name: read_rows(path) for name, path in tables.items()}
    rows = [row for part in read.values() for row in part]
    files = [name for name, part in read.items() for _ in part]
    columns = find_columns(
        next(iter(tables.values())), unique(key for row in rows for key in row.cells), config.columns
    )
    keys = read_keys(rows, columns.get("key"), files)
    texts = [read_text(row, columns["text"]) for row in rows]
    given = [_split(row, name, columns.get("split")) for row, name in zip(rows, files)]
    train = [split in ("train", "") for split in given]
    target = read_target(rows, columns["label"], config, train)
    splits, drawn = drawn_splits(folder, rows, given, target, columns.get("group"), config)
    assumed = [*drawn, *target.assumed]
    shown = {
        role: name for role, name in columns.items() if role in ("text", "label", "key") and role not in config.columns
    }
    if shown:
        assumed.append("columns: " + ", ".join(f"{role} is {name!r}" for role, name in shown.items()))
    return Annotations(
        tables=tuple(tables.values()),
        rows=rows,
        keys=keys,
        texts=texts,
        splits=splits,
        target=target,
        descriptions=descriptions_of(folder, config, rows, columns, target),
        dialogues=_column(rows, columns.get("dialogue")),
        turns=_turns(rows, columns.get("turn")),
        speakers=_column(rows, columns.get("speaker")),
        assumed=tuple(assumed),
    )


def read_keys(rows: Sequence[Row], column: str | None, files: Sequence[str]) -> list[str]:
    """The clips' names in the feature files.

    A number that a spreadsheet has written as ``12.0`` is ``12``, and a media file's name counts without its ending.

    Args:
        rows: the clips.
        column: of the keys, or a pattern of columns; None: a clip is called after its table and row.
        files: the table of each clip.

    Raises:
        UserError: a key is empty, or comes twice in a table.
    """
    if column is None:
        return [row.where.rpartition("/")[2].replace(", row ", ":") for row in rows]
    parts = PATTERN.findall(column) or [column]
    cells = {part: _names([row.cells.get(part) for row in rows]) for part in parts}
    keys, first = [], dict[tuple[str, str], str]()
    for i, (row, file) in enumerate(zip(rows, files)):
        for part in parts:
            if not cells[part][i]:
                message = f"{row.where}: has no {part}; give the clip a name, or remove its row"
                fault("clips without a name", row.where, message)
        named = {part: cells[part][i] for part in parts}
        key = fill(column, named) if PATTERN.search(column) else named[column]
        if (file, key) in first:
            number = row.where.rpartition(" ")[2]
            message = f"{first[file, key]} and {number}: both are clip {short(key)}; remove one of them"
            fault("double clips", row.where, message)
        first[file, key] = row.where
        keys.append(key)
    return keys


def fill(pattern: str, values: Mapping[str, str]) -> str:
    """A pattern such as ``dia{Dialogue}_utt{Utterance}`` with its columns' values.

    >>> fill("dia{a}_utt{b}", {"a": "1", "b": "2"})
    'dia1_utt2'
    """
    return PATTERN.sub(lambda match: values[match[1]], pattern)


def _names(values: Sequence[Any]) -> list[str]:
    """Cells as names."""
    texts = ["" if value is None else str(value) for value in values]
    if all(re.fullmatch(r"\d+(\.0+)?", text) for text in texts if text):
        return [text.partition(".")[0] for text in texts]
    return [
        _MEDIA.sub("", text.replace("\\", "/").rpartition("/")[2]) if _MEDIA.search(text) else text for text in texts
    ]


def read_text(row: Row, column: str) -> str:
    """What is said in a clip.

    Raises:
        UserError: the cell is empty.
    """
    value = row.cells.get(column)
    if value is None or value == "":
        fault("empty texts", row.where, f"{row.where}: has no {column}; write what is said, or remove the row")
        return ""
    return str(value)


def _split(row: Row, file: str, column: str | None) -> str:
    """The split of a clip; empty if it is to be drawn."""
    if file in SPLITS:
        return file
    if column is None:
        return ""
    split = split_of(str(row.cells.get(column) or ""))
    if split is None:
        message = f"{row.where}: {column} is {short(str(row.cells.get(column)))!r}; write train, dev or test"
        fault("wrong splits", row.where, message)
        return "train"
    return split


def drawn_splits(
    folder: Path, rows: Sequence[Row], given: list[str], target: Target, group: str | None, config: FolderConfig
) -> tuple[list[str], list[str]]:
    """The split of each clip, all drawn where none is given, dev out of train where only that is missing; and words."""
    there = set(given)
    if there >= set(SPLITS):
        return given, []
    if "" not in there and there != {"train", "test"}:
        missing = ", ".join(split for split in SPLITS if split not in there)
        raise UserError(f"{folder}: has no {missing} clips; add them, or leave the splits out to have them drawn")
    part, shares = ("", SHARES) if "" in there else ("train", OF_TRAIN)
    places = [i for i, split in enumerate(given) if split == part]
    groups = [str(rows[i].cells.get(group)) if group and rows[i].cells.get(group) else f"row {i}" for i in places]
    chosen = draw(shares, strata([target.cells[i] for i in places], target.problem), groups, config.seed)
    splits = list(given)
    for place, split in zip(places, chosen):
        splits[place] = split
    empty = [split for split in shares if split not in chosen]
    if empty:
        raise UserError(
            f"{folder}: {len(set(groups))} {group or 'clip'}s are too few to draw {', '.join(empty)} from; give a column "
            f'split, or another group in {CONFIG}: [columns] group = "..."'
        )
    what = ", ".join(f"{split} {chosen.count(split)}" for split in shares)
    by = f"; clips with the same {group!r} are in one split" if group else ""
    return splits, [f"splits are drawn with seed {config.seed}, the same for every training: {what} clips{by}"]


def strata(cells: Sequence[list[Any] | None], problem: str) -> list[list[Any]]:
    """What a drawn split keeps the shares of: labels, or a number's fifths; out of scope is one more."""
    if problem != "regression":
        return [["out of scope", ""] if each is None else each for each in cells]
    ordered = sorted(each[0] for each in cells if each)
    edges = [ordered[len(ordered) * i // _BINS] for i in range(1, _BINS)]
    return [["out of scope"] if each is None else [sum(each[0] >= edge for edge in edges)] for each in cells]


def descriptions_of(
    folder: Path, config: FolderConfig, rows: Sequence[Row], columns: dict[str, Any], target: Target
) -> dict[str, list[str]] | None:
    """The labels' descriptions from a file or a column; a label without one is described by its name."""
    if target.problem == "regression":
        return None
    path = folder / (config.descriptions or DESCRIPTIONS)
    found: dict[str, list[str]] = {}
    if config.descriptions or is_regular(path):
        found = read_descriptions(path)
    elif "description" in columns:
        for row, words in zip(rows, target.cells):
            text = row.cells.get(columns["description"])
            if words and len(words) == 1 and isinstance(text, str) and text:
                found.setdefault(words[0], []).append(text)
        found = {label: unique(texts)[:_MOST_DESCRIPTIONS] for label, texts in found.items()}
    return {label: found.get(label) or [label] for label in target.labels}


def _column(rows: Sequence[Row], column: str | None) -> list[str] | None:
    """A column as texts; None if it is not there."""
    return None if column is None else _names([row.cells.get(column) for row in rows])


def _turns(rows: Sequence[Row], column: str | None) -> list[int] | None:
    """The places in their dialogues; None if the column is not there or holds anything but whole numbers."""
    names = _column(rows, column)
    return [int(name) for name in names] if names and all(name.isdecimal() for name in names) else None
