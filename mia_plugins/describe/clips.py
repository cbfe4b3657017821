"""Of a data set, only what descriptions can be compared with: labels and training utterances."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..data.adapter import Adapter
from ..data.dataset import DataRequest, DataSet, Outline
from ..data.places import find_scope
from ..data.splits import read_split
from ..errors import UserError
from ..plugin.registry import find_dataset


class Utterances(NamedTuple):
    """The training clips: their ``keys`` and ``texts``, and their ``label_ids``, int (clips,)."""

    keys: Sequence[str]
    texts: Sequence[str]
    label_ids: np.ndarray


def find(name: str, data_path: str | None) -> tuple[DataSet, DataRequest, Outline]:
    """A data set, what is asked of it, and what it is.

    Raises:
        UserError: it is unknown, or its clips do not have one label each.
    """
    dataset = find_dataset(name)
    request = DataRequest(data_path=data_path or str(getattr(dataset, "data_path", "")), names=("train",))
    outline = dataset.outline(request)
    if outline.problem == "regression":
        raise UserError(f"{dataset.name}: predicts a number, which has no labels to describe")
    return dataset, request, outline


def training_utterances(dataset: DataSet, request: DataRequest, outline: Outline) -> Utterances:
    """The training clips of a data set.

    Raises:
        UserError: a file, row or label is wrong, or clips may have several labels.
    """
    if outline.problem == "multi-label":
        raise UserError(f"{dataset.name}: its clips may have several labels; give --check without --data_path")
    if isinstance(dataset, Adapter):  # the tables are enough, and features may be large, or elsewhere
        scope = find_scope(dataset, Path(request.data_path), None)
        split = read_split(dataset, scope, "train", {label: i for i, label in enumerate(outline.labels)})
        return Utterances(split.keys, split.texts, np.array(split.label_ids))
    clips = dataset.read(request).splits["train"]
    return Utterances(clips.keys, clips.texts, clips.label_ids)
