"""From a table to a split: keys, texts and label ids, with every clip once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError, short
from .faults import fault
from .places import Scope
from .tables import read_table

if TYPE_CHECKING:
    from .adapter import Adapter


@dataclass
class Split:
    """The clips that a table names.

    Attributes:
        folder: of the table; the feature folders are in it.
        table: the file.
        keys, texts, label_ids: of each clip.
        rows: where each clip is named, for messages: ``train.tsv, row 12``.
        turns: dialogue, place in it and speaker of each clip; empty where the data set knows none.
    """

    folder: Path
    table: Path
    keys: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    label_ids: list[int] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    turns: list[tuple[str, int, str]] = field(default_factory=list)

    def spoken(self) -> dict[str, Any]:
        """``dialogues``, ``turns`` and ``speakers`` of the clips, as far as they are known."""
        names = ("dialogues", "turns", "speakers")
        columns = {name: [turn[i] for turn in self.turns] for i, name in enumerate(names) if self.turns}
        return {name: column for name, column in columns.items() if name != "speakers" or any(column)}


def label_ids(adapter: Adapter, data_mode: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """The labels to learn, and the id of each label that a table may hold.

    Args:
        adapter: the data set.
        data_mode: ``multi-class``, or ``binary-class`` for the coarse labels.

    Raises:
        UserError: the mode is unknown, or the data set has no coarse labels.
    """
    if data_mode == "multi-class":
        return adapter.labels, {label: i for i, label in enumerate(adapter.labels)}
    if data_mode != "binary-class":
        raise UserError(f"data_mode {data_mode!r}: unknown; choose multi-class or binary-class")
    if not adapter.binary_map:
        raise UserError(f"data_mode binary-class: {adapter.name} has no coarse labels; choose multi-class")
    coarse = adapter.binary_labels
    return coarse, {label: coarse.index(adapter.binary_map[label]) for label in adapter.labels}


def read_split(adapter: Adapter, scope: Scope, name: str, ids: Mapping[str, int] | None) -> Split:
    """The rows of a table whose label is in ``ids``.

    Args:
        adapter: the data set.
        scope: where its table is.
        name: ``train``, ``dev`` or ``test``.
        ids: label -> id. Any other label is an error, unless the table holds both scopes. None: all rows, whatever
            their labels, which need not be there; each has the id -1.

    Raises:
        UserError: the table cannot be read, a label is wrong, or a clip occurs twice.
    """
    labels = (*adapter.labels, adapter.ood_label)
    expected = labels if scope.mixed or ids is None else tuple(ids)
    path = scope.tables / f"{name}.tsv"
    split = Split(scope.folder, path)
    first: dict[str, tuple[int, str]] = {}
    columns = adapter.columns if ids is not None else adapter.text_column + 1
    for number, cells in read_table(path, columns, lambda header: label_of(adapter, header) in labels):
        key, label = adapter.key(cells), label_of(adapter, cells)
        where, wrong = f"{path}, row {number}", ids is not None and label not in expected
        if wrong:
            fault("wrong labels", where, f"{where}: {_wrong_label(adapter, label, expected)}")
        if key in first:
            twice = _twice(key, first[key][1], label)
            fault("double clips", where, f"{path}, rows {first[key][0]} and {number}: {twice}")
            continue
        first[key] = number, label
        if ids is None or label in ids or (wrong and not scope.mixed):  # for the other faults that its clip may have
            split.keys.append(key)
            split.texts.append(cells[adapter.text_column])
            if adapter.turn is not None:
                split.turns.append(adapter.turn(cells))
            split.label_ids.append(-1 if ids is None else ids.get(label, -1))
            split.rows.append(where)
    if not split.keys:
        words = f"no row is labelled {' or '.join(ids or ())}; leave this scope out, or add its clips"
        fault("no clips", path, f"{path}: {words}")
    return split


def read_ood_split(adapter: Adapter, scope: Scope, name: str, ood_dataset: str, ood_label_id: int) -> Split:
    """The rows of a table of out-of-scope clips: those of this data set, or all of another one's.

    Raises:
        UserError: as for :func:`read_split`.
    """
    if ood_dataset not in adapter.ood_tables:
        return read_split(adapter, scope, name, {adapter.ood_label: ood_label_id})
    split = read_split(with_columns_of(adapter, ood_dataset), scope, name, None)
    split.label_ids = [ood_label_id] * len(split.keys)
    return split


def with_columns_of(adapter: Adapter, ood_dataset: str | None) -> Adapter:
    """The adapter with the columns that an out-of-scope set has."""
    table = adapter.ood_tables.get(ood_dataset or "")
    return adapter if table is None else replace(adapter, text_column=table.text_column, key=table.key, turn=None)


def label_of(adapter: Adapter, cells: Sequence[str]) -> str:
    """A row's label; empty where the table has none."""
    cell = cells[adapter.label_column] if len(cells) > adapter.label_column else ""
    return adapter.codes.get(cell, cell)


def _twice(key: str, label: str, other: str) -> str:
    labels = "" if label == other else f", once as {label} and once as {other}"
    return f"both are clip {short(key)}{labels}; remove one of them"


def _wrong_label(adapter: Adapter, label: str, expected: Sequence[str]) -> str:
    if label == adapter.ood_label:
        return (
            f"label {label} in an in-scope table; move the row to the out-of-scope set ({adapter.ood_dataset}) "
            "and load that with --train_ood or --test_ood"
        )
    if label in adapter.labels:
        return f"label {label!r} in an out-of-scope table, whose rows all are {adapter.ood_label}; move or relabel it"
    close = difflib.get_close_matches(label, expected, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"{adapter.name} has: {', '.join(expected)}"
    return f"unknown label {label[:60]!r}; {hint}"


def leaks(splits: Mapping[str, Split]) -> tuple[str, ...]:
    """What to warn of: clips that two splits have in common, so that scores on one are not scores on unseen clips.

    Within a folder a clip is known by its key. Folders of different scopes may use the same keys for different clips,
    so across them the text must be the same, too.

    Args:
        splits: name -> split.

    Returns:
        One line per pair of splits that share clips.
    """
    warnings = []
    for (name, split), (other_name, other) in combinations(splits.items(), 2):
        same_folder = split.folder == other.folder
        known = dict(zip(_identities(split, same_folder), split.rows))
        pairs = [(known[clip], row) for clip, row in zip(_identities(other, same_folder), other.rows) if clip in known]
        if pairs:
            clips = "1 clip is" if len(pairs) == 1 else f"{len(pairs)} clips are"
            warnings.append(
                f"{clips} both in {name} and in {other_name}, such as {pairs[0][0]} and {pairs[0][1]}; "
                "scores on them are not scores on new clips, so take them out of one"
            )
    return tuple(warnings)


def _identities(split: Split, same_folder: bool) -> Sequence[object]:
    return split.keys if same_folder else list(zip(split.keys, split.texts))
