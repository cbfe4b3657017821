"""``--unseen`` and ``--descriptions_path``: which intents are new, and their clips set apart in the test split."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data.adapter import Adapter
from ..data.chained import Computed, frame_counts, turn_ids
from ..data.clips import Clips, LoadedData
from ..data.descriptions import fold_label, match_descriptions, read_descriptions
from ..errors import UserError
from .kept import Kept
from .unseen import check_name


def unseen_sentences(options: argparse.Namespace, kept: Kept | None) -> dict[str, list[str]]:
    """The descriptions of every new intent that a command names.

    Raises:
        UserError: there is no trained model or no file, a name is taken, or the file does not describe it.
    """
    if not options.unseen:
        if options.descriptions_path is not None:
            raise UserError("--descriptions_path describes new intents; name them with --unseen NAME")
        return {}
    if kept is None:
        raise UserError("--unseen adds intents to a trained model; give it with --restore RUN")
    if options.descriptions_path is None:
        raise UserError("--unseen needs sentences that describe the new intents; give --descriptions_path FILE")
    if options.data_mode == "binary-class" or kept.task.problem != "multi-class":
        raise UserError("--unseen adds intents to a model that chooses one of several intents; leave --unseen out")
    if kept.method.embed is None:
        raise UserError(
            f"--unseen: method {kept.method.name} takes no new intents: it knows no descriptions; amess does"
        )
    taken = list(kept.task.labels)
    for name in options.unseen:
        check_name(name, taken)
        taken.append(name)
    path = Path(options.descriptions_path)
    table = read_descriptions(path)
    match_descriptions(table, options.unseen, 1, path)  # checks it
    described = {fold_label(label): sentences for label, sentences in table.items()}
    return {name: described[fold_label(name)] for name in options.unseen}


def with_labels(dataset: Any, names: Sequence[str]) -> Any:
    """The data set with labels that its test table may hold besides its own; one that is no table of labels as it is."""
    if not names or not isinstance(dataset, Adapter):
        return dataset
    new = tuple(name for name in names if name not in dataset.labels)
    return dataclasses.replace(dataset, labels=(*dataset.labels, *new))


def set_apart(data: LoadedData, trained: Sequence[str], names: Sequence[str]) -> LoadedData:
    """The data with the trained labels alone; clips of new intents become a split of their own, ``unseen_test``.

    Label ids are the places in ``trained`` followed by ``names``; out of scope is ``len(trained)`` again.

    Raises:
        UserError: the data lack a label of the model.
    """
    every = [*trained, *names]
    if set(trained) - set(data.labels) or set(data.labels) - set(every):
        raise UserError("the model was trained for other intents than the data have; give its data set")
    # behind the labels: out of scope
    place = np.array([*(every.index(label) for label in data.labels), len(trained)], np.int64)
    splits = {}
    for split, clips in data.splits.items():
        moved = dataclasses.replace(clips, label_ids=place[clips.label_ids])
        if split == "test":
            new = moved.label_ids >= len(trained)
            if new.all():
                raise UserError("the test split holds no clip of a trained intent; add some, or leave --unseen out")
            splits["test"], splits["unseen_test"] = chosen(moved, ~new), chosen(moved, new)
        else:
            splits[split] = moved
    return dataclasses.replace(data, splits=splits, labels=tuple(trained))


def chosen(clips: Clips, rows: np.ndarray) -> Clips:
    """Some of the clips; no frames are read.

    Args:
        clips: all.
        rows: bool ``(clips,)``.
    """
    places = np.flatnonzero(rows)

    def part(name: str, values: Any) -> Any:
        if values is None or name == "label_ids":
            return values if values is None else values[places]
        if name not in ("video", "audio"):
            return [values[int(i)] for i in places]
        lengths = frame_counts(values)[places]
        return Computed(lambda i: values[int(places[i])], lengths, lambda i: turn_ids(values, int(places[i])))

    return Clips(**{each.name: part(each.name, getattr(clips, each.name)) for each in dataclasses.fields(clips)})
