"""Reads a data set as a run would, but to the end, and looks at what no run looks at."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..clips import LoadedData
from ..dataset import DataRequest, DataSet
from ..faults import Faults, collecting
from .clips import empty_texts, label_warnings, labels_of, repeated_clips
from .features import compare_with_files, feature_summary

SPLITS = ("train", "dev", "test")


@dataclass
class Checked:
    """What is wrong with a data set, and what it holds.

    Attributes:
        dataset, path: its name and folder.
        errors: what a run refuses.
        warnings: what a run accepts, and its user should know.
        splits: name -> what the split holds, as plain values; see :func:`check`.
        notes: what could not be looked at.
    """

    dataset: str
    path: str
    errors: Faults = field(default_factory=Faults)
    warnings: Faults = field(default_factory=Faults)
    splits: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def check(dataset: DataSet, request: DataRequest) -> Checked:
    """Checks all splits of a data set, and those of its out-of-scope set where there is one.

    Frames are read one clip at a time.

    Args:
        dataset: which.
        request: where it lies and which features; its splits and scopes are not looked at.
    """
    checked = Checked(dataset.name, request.data_path)
    request = dataclasses.replace(request, names=SPLITS, train_ood=False, test_ood=False)
    request = with_out_of_scope(dataset, request, checked.notes)
    data = read_to_the_end(dataset, request, checked.errors)
    if data is None:
        return checked
    for name, clips in data.splits.items():
        checked.splits[name] = {
            "clips": len(clips),
            "labels": labels_of(clips, data, out_of_scope=name.startswith("ood_")),
            "empty texts": empty_texts(name, clips, checked.warnings),
            **feature_summary(name, clips, data, dataset.max_lengths, checked.warnings),
        }
    label_warnings(checked.splits, data, checked.warnings)
    repeated_clips(data.splits, checked.warnings)
    compare_with_files(data, checked.splits, dataset.max_lengths, checked.warnings)
    return checked


def with_out_of_scope(dataset: DataSet, request: DataRequest, notes: list[str]) -> DataRequest:
    """The request, with out-of-scope clips where there are any; a note where those of another set are not there."""
    wider = dataclasses.replace(request, train_ood=True, test_ood=True)
    try:
        if dataset.ood_dataset:
            dataset.files(wider)
        else:  # they may be in the same tables
            with collecting(Faults()):
                dataset.read(wider)
    except UserError as error:
        if dataset.ood_dataset:
            notes.append(f"out-of-scope clips are not checked: {error}")
        return request
    return wider


def read_to_the_end(dataset: DataSet, request: DataRequest, faults: Faults) -> LoadedData | None:
    """The clips that can be read; what is wrong with the others is added to ``faults``.

    Where all splits cannot be read together, each is by itself, and None stands for none at all.
    """
    scopes = [(request.train_ood, request.test_ood)]
    if any(scopes[0]):
        scopes.append((False, False))
    wanted = [(SPLITS, *scope) for scope in scopes] + [((name,), False, False) for name in SPLITS]
    parts: list[LoadedData] = []
    for names, train_ood, test_ood in wanted:
        part = dataclasses.replace(request, names=names, train_ood=train_ood, test_ood=test_ood)
        try:
            with collecting(faults):
                parts.append(dataset.read(part))
        except UserError as error:
            faults.add("unreadable", where_of(str(error)), str(error))
            continue
        if names == SPLITS:
            return parts[0]
    if not parts:
        return None
    sources = tuple(dict.fromkeys(path for part in parts for path in part.sources))
    splits = {name: clips for part in parts for name, clips in part.splits.items()}
    return dataclasses.replace(parts[0], splits=splits, sources=sources)


def where_of(message: str) -> str:
    """The file that a message begins with; empty if it names none there.

    >>> where_of("data/train.tsv, row 3: too few columns")
    'data/train.tsv, row 3'
    """
    place = message.partition(": ")[0]
    return place if place != message and (", row" in place or Path(place).name.count(".") == 1) else ""
