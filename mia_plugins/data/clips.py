"""From a data set's files to clips: text, video, audio and label id of every split."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import UserError
from .adapter import Adapter, Scope, find_features, find_scope
from .chained import Chained, frame_counts
from .features import read_features
from .store.frames import StoredFrames
from .tables import read_table


@dataclass(frozen=True, eq=False)
class Clips:
    """The clips of one split.

    Attributes:
        keys: their names in the feature files.
        texts: what is said.
        label_ids: int64 (clips,).
        video, audio: for each clip float32 (frames, width), of its own length; any sequence, usually one on disk.
    """

    keys: Sequence[str]
    texts: Sequence[str]
    label_ids: np.ndarray
    video: Sequence[np.ndarray]
    audio: Sequence[np.ndarray]

    def __post_init__(self) -> None:
        lengths = {len(self.keys), len(self.texts), len(self.label_ids), len(self.video), len(self.audio)}
        if len(lengths) > 1:
            raise ValueError(f"parts of different lengths: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.keys)

    def frame_counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Frames of each clip, (video, audio), int64 (clips,) each; what is on disk is not read for it."""
        return frame_counts(self.video), frame_counts(self.audio)

    @staticmethod
    def concatenate(parts: Sequence[Clips]) -> Clips:
        """The clips of all parts, one part after the other; no frames are read or copied."""
        return Clips(
            keys=[key for part in parts for key in part.keys],
            texts=[text for part in parts for text in part.texts],
            label_ids=np.concatenate([part.label_ids for part in parts]),
            video=Chained([part.video for part in parts]),
            audio=Chained([part.audio for part in parts]),
        )


@dataclass(frozen=True, eq=False)
class LoadedData:
    """All splits asked for.

    Attributes:
        splits: ``train``, ``dev``, ``test`` and, as asked for, ``ood_train``, ``ood_dev``, ``ood_test``.
        labels: label id -> in-scope label.
        video_dim, audio_dim: width of a frame.
        sources: the files read, for the log.
    """

    splits: Mapping[str, Clips]
    labels: tuple[str, ...]
    video_dim: int
    audio_dim: int
    sources: tuple[Path, ...]

    @property
    def ood_label_id(self) -> int:
        """The id of out-of-scope clips: the one after the last label's."""
        return len(self.labels)


class _Split(NamedTuple):
    folder: Path
    table: Path
    keys: list[str]
    texts: list[str]
    label_ids: list[int]
    rows: list[str]  # where each clip is named, for error messages


def load_clips(
    adapter: Adapter,
    data_path: str | os.PathLike[str],
    *,
    data_mode: str = "multi-class",
    train_ood: bool = False,
    test_ood: bool = False,
    ood_dataset: str | None = None,
    video_feats: str | None = None,
    audio_feats: str | None = None,
    video_data_path: str = "video_data",
    audio_data_path: str = "audio_data",
) -> LoadedData:
    """Load a data set in the layout of any of the benchmarks; options carry the benchmarks' names.

    Args:
        adapter: the data set.
        data_path: its folder or, as in MIntRec and MMOIR, the folder above.
        data_mode: ``multi-class`` or, if the data set has coarse labels, ``binary-class``.
        train_ood: also load out-of-scope clips for training and development.
        test_ood: also load out-of-scope clips for the test.
        ood_dataset: name of the out-of-scope set; None: the adapter's.
        video_feats, audio_feats: a name such as ``swin-roi`` or a file's name; None: whichever known file is there.
        video_data_path, audio_data_path: the feature folders inside a scope's folder.

    Raises:
        UserError: a file, row, label, clip or option is not as it must be.
    """
    labels, ids = _label_ids(adapter, data_mode)
    splits: dict[str, _Split] = {}
    scope = find_scope(adapter, Path(data_path), None)
    for name in ("train", "dev", "test"):
        splits[name] = _read_split(adapter, scope, name, ids)
    ood_names = [*(("train", "dev") if train_ood else ()), *(("test",) if test_ood else ())]
    if ood_names:
        scope = find_scope(adapter, Path(data_path), ood_dataset or adapter.ood_dataset)
        for name in ood_names:
            splits[f"ood_{name}"] = _read_split(adapter, scope, name, {adapter.ood_label: len(labels)})

    length = adapter.max_lengths
    video, video_paths = _read_modality(splits, video_data_path, adapter.video_files, video_feats, length["video"])
    audio, audio_paths = _read_modality(splits, audio_data_path, adapter.audio_files, audio_feats, length["audio"])
    return LoadedData(
        splits={
            name: Clips(split.keys, split.texts, np.array(split.label_ids, np.int64), video[name], audio[name])
            for name, split in splits.items()
        },
        labels=labels,
        video_dim=video["train"].width,
        audio_dim=audio["train"].width,
        sources=tuple(dict.fromkeys([*(split.table for split in splits.values()), *video_paths, *audio_paths])),
    )


def _label_ids(adapter: Adapter, data_mode: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """The labels to learn, and the id of each label that a table may hold."""
    if data_mode == "multi-class":
        return adapter.labels, {label: i for i, label in enumerate(adapter.labels)}
    if data_mode != "binary-class":
        raise UserError(f"data_mode {data_mode!r}: unknown; choose multi-class or binary-class")
    if not adapter.binary_map:
        raise UserError(f"data_mode binary-class: {adapter.name} has no coarse labels; choose multi-class")
    coarse = adapter.binary_labels
    return coarse, {label: coarse.index(adapter.binary_map[label]) for label in adapter.labels}


def _read_split(adapter: Adapter, scope: Scope, name: str, ids: Mapping[str, int]) -> _Split:
    """The rows whose label is in ``ids``; any other label is an error, unless the table holds both scopes."""
    known = (*adapter.labels, adapter.ood_label) if scope.mixed else tuple(ids)
    path = scope.folder / f"{name}.tsv"
    split = _Split(scope.folder, path, [], [], [], [])
    for number, cells in read_table(path, adapter.columns):
        label, row = cells[adapter.label_column], f"{path}, row {number}"
        if label not in known:
            raise UserError(f"{row}: {_wrong_label(adapter, label, known)}")
        if label in ids:
            split.keys.append(adapter.key(cells))
            split.texts.append(cells[adapter.text_column])
            split.label_ids.append(ids[label])
            split.rows.append(row)
    if not split.keys:
        raise UserError(f"{path}: no row is labelled {' or '.join(ids)}; leave this scope out, or add its clips")
    return split


def _wrong_label(adapter: Adapter, label: str, known: Sequence[str]) -> str:
    if label == adapter.ood_label:
        return (
            f"label {label} in an in-scope table; move the row to the out-of-scope set ({adapter.ood_dataset}) "
            "and load that with --train_ood or --test_ood"
        )
    if label in adapter.labels:
        return f"label {label!r} in an out-of-scope table, whose rows all are {adapter.ood_label}; move or relabel it"
    close = difflib.get_close_matches(label, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"{adapter.name} has: {', '.join(known)}"
    return f"unknown label {label[:60]!r}; {hint}"


def _read_modality(
    splits: Mapping[str, _Split],
    subfolder: str,
    files: Mapping[str, tuple[str, ...]],
    wanted: str | None,
    max_length: int,
) -> tuple[dict[str, StoredFrames], list[Path]]:
    """The frames of every split, opening each folder's feature file once."""
    folders = list(dict.fromkeys(split.folder for split in splits.values()))
    paths = find_features(files, [folder / subfolder for folder in folders], wanted)
    frames: dict[str, StoredFrames] = {}
    width = None
    for folder, path in zip(folders, paths):
        names = [name for name, split in splits.items() if split.folder == folder]
        keys = [key for name in names for key in splits[name].keys]
        rows = [row for name in names for row in splits[name].rows]
        found = read_features(path, keys, max_length=max_length, width=width, rows=rows)
        width, start = found.width, 0
        for name in names:
            end = start + len(splits[name].keys)
            frames[name], start = found[start:end], end
    return frames, paths
