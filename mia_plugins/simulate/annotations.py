"""The user's annotation tables: checked, cut to size, with a test split and out-of-scope rows."""

from __future__ import annotations

import csv
import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..data.tables import Row, read_table
from ..errors import UserError
from .layouts import DataSet

SPLITS = ("train", "dev", "test")
TEST_STEP = {"dev": 2, "train": 5}  # every second row of dev, or every fifth of train, becomes the test split


@dataclass(frozen=True)
class Clip:
    """One row: its cells as they will be written, its key in the feature files, and where it stands.

    ``label`` is None out of scope.
    """

    cells: tuple[str, ...]
    key: str
    label: str | None
    where: str = field(compare=False)


@dataclass(frozen=True)
class Annotations:
    """The header of the tables and the clips of every split."""

    header: tuple[str, ...]
    splits: Mapping[str, list[Clip]]

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Clips in scope and out of scope by split."""
        found = {}
        for split, clips in self.splits.items():
            inside = sum(clip.label is not None for clip in clips)
            found[split] = (inside, len(clips) - inside)
        return found


def read_annotations(
    folder: Path,
    data_set: DataSet,
    *,
    columns: int,
    out_of_scope: Collection[str] = (),
    test_from: str = "dev",
    train_rows: int | None = None,
    eval_rows: int | None = None,
    clips_per_label: int | None = None,
) -> Annotations:
    """Read ``train.tsv``, ``dev.tsv`` and, if it is there, ``test.tsv``.

    Args:
        folder: holds the tables as the data set publishes them.
        data_set: the data set.
        columns: columns that the tables need at least.
        out_of_scope: labels whose rows become out of scope, beside those that the tables give as such.
        test_from: where there is no ``test.tsv``: the split of which every :data:`TEST_STEP`-th row becomes a test row.
        train_rows, eval_rows: at most the first so many rows of train, and of dev and of test each.
        clips_per_label: of those of train, at most the first so many of each label, and out of scope.

    Raises:
        UserError: a table is missing or not as it must be, a label or clip is wrong, or a split has no in-scope row.
    """
    check_labels(out_of_scope, data_set)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give the one that holds train.tsv and dev.tsv of {data_set.name}")
    header: tuple[str, ...] = ()
    splits: dict[str, list[Clip]] = {}
    for split in SPLITS:
        path = folder / f"{split}.tsv"
        if split == "test" and not path.exists():
            break
        names, rows = read_with_header(path, columns)
        header = header or names
        if len(names) != len(header):
            raise UserError(f"{path}, row 1: {len(names)} columns where train.tsv has {len(header)}; use one format")
        splits[split] = [_clip(row, path, data_set, out_of_scope) for row in rows]
    if "test" not in splits:
        step = TEST_STEP[test_from]
        splits["test"] = splits[test_from][step - 1 :: step]
        del splits[test_from][step - 1 :: step]
    splits = {split: clips[: train_rows if split == "train" else eval_rows] for split, clips in splits.items()}
    if clips_per_label is not None:
        splits["train"] = first_of_each_label(splits["train"], clips_per_label)
    _check_clips(splits, folder)
    return Annotations(header, splits)


def first_of_each_label(clips: Iterable[Clip], most: int) -> list[Clip]:
    """The first clips of each label, at most ``most``, in their order."""
    counts: Counter[str | None] = Counter()
    kept = []
    for clip in clips:
        counts[clip.label] += 1
        if counts[clip.label] <= most:
            kept.append(clip)
    return kept


def read_with_header(path: Path, columns: int) -> tuple[tuple[str, ...], list[Row]]:
    """A table's column names and its rows (see :func:`mia_plugins.data.tables.read_table`)."""
    rows = read_table(path, columns)
    with open(path, encoding="utf-8-sig", newline="") as file:
        return tuple(next(csv.reader(file, delimiter="\t"))), rows


def check_labels(labels: Collection[str], data_set: DataSet) -> None:
    """Raise a UserError unless all ``labels`` are the data set's and some label is left in scope."""
    for label in labels:
        if label not in data_set.labels:
            raise UserError(f"--out_of_scope: {_wrong_label(label, data_set.labels)}")
    if set(labels) == set(data_set.labels):
        raise UserError(f"--out_of_scope: no label of {data_set.name} is left in scope; name fewer")


def _clip(row: Row, path: Path, data_set: DataSet, out_of_scope: Collection[str]) -> Clip:
    cells, where, column = row.cells, f"{path}, row {row.number}", data_set.label_column
    label = cells[column]
    if label == data_set.ood_label or label in out_of_scope:
        changed = (*cells[:column], data_set.ood_label, *cells[column + 1 :])
        return Clip(changed, data_set.key(cells), None, where)
    if label not in data_set.labels:
        raise UserError(f"{where}: {_wrong_label(label, (*data_set.labels, data_set.ood_label))}")
    return Clip(tuple(cells), data_set.key(cells), label, where)


def _wrong_label(label: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(label, known, n=1)
    return f"unknown label {label[:60]!r}; {f'did you mean {close[0]!r}?' if close else 'known: ' + ', '.join(known)}"


def _check_clips(splits: Mapping[str, list[Clip]], folder: Path) -> None:
    places: dict[str, str] = {}
    for split, clips in splits.items():
        if not any(clip.label is not None for clip in clips):
            raise UserError(f"{folder}: no in-scope row is left for {split}; take more rows or fewer out of scope")
        for clip in clips:
            if clip.key in places:
                raise UserError(f"{clip.where}: clip {clip.key} is also in {places[clip.key]}; remove one of the rows")
            places[clip.key] = clip.where
