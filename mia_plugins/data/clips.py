"""From a data set's files to clips: text, video, audio and label id of every split."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .chained import Chained, frame_counts
from .faults import is_collecting
from .features import read_features
from .places import find_features, find_scope
from .problem import Problem
from .splits import Split, label_ids, leaks, read_ood_split, read_split, with_columns_of
from .store.frames import StoredFrames

if TYPE_CHECKING:
    from .adapter import Adapter


@dataclass(frozen=True, eq=False)
class Clips:
    """The clips of one split.

    Attributes:
        keys: the names of the clips in the feature files.
        texts: the utterances.
        label_ids: what is to be predicted, in the form of the problem: int64 (clips,), the place of each clip's label; for
            several labels a clip float32 (clips, labels) of 0 and 1; for a number float32 (clips,).
        video, audio: sequences of float32 (frames, width), one per clip; usually on disk. A clip without this modality has
            no frames.
        dialogues, turns, speakers: of each clip, where the data set has them: the dialogue's name, the place in it (any
            numbers that rise), and who speaks.
        rows: where each clip is named, for messages: ``train.tsv, row 12``; None: nobody knows.
        history: what was said before each utterance, newest first; None: single turns. Video and audio then are
            :class:`~mia_plugins.data.history.FramesWithHistory` (see :mod:`~mia_plugins.data.dialogues`).
    """

    keys: Sequence[str]
    texts: Sequence[str]
    label_ids: np.ndarray
    video: Sequence[np.ndarray]
    audio: Sequence[np.ndarray]
    dialogues: Sequence[str] | None = None
    turns: Sequence[int] | None = None
    speakers: Sequence[str] | None = None
    history: Sequence[Sequence[str]] | None = None
    rows: Sequence[str] | None = None

    def __post_init__(self) -> None:
        parts = (getattr(self, each.name) for each in fields(self))
        lengths = {len(part) for part in parts if part is not None}
        if len(lengths) > 1:
            raise ValueError(f"parts of different lengths: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.keys)

    def frame_counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Frames of each clip, (video, audio), int64 (clips,) each; reads no frames."""
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
            dialogues=_joined([part.dialogues for part in parts]),
            turns=_joined([part.turns for part in parts]),
            speakers=_joined([part.speakers for part in parts]),
            history=_joined([part.history for part in parts]),
            rows=_joined([part.rows for part in parts]),
        )


def _joined(parts: Sequence[Sequence[Any] | None]) -> list[Any] | None:
    """The parts one after the other; None unless all are there."""
    there = [part for part in parts if part is not None]
    return [each for part in there for each in part] if len(there) == len(parts) else None


@dataclass(frozen=True, eq=False)
class LoadedData:
    """A data set, ready to be trained and tested on.

    Attributes:
        splits: ``train``, ``dev``, ``test`` and, if they were asked for, ``ood_train``, ``ood_dev``, ``ood_test``.
        labels: label id -> in-scope label; of a regression, the name of the number.
        video_dim, audio_dim: width of a frame.
        sources: the files that were read.
        warnings: what the user should know about the data, one line each; see :func:`~mia_plugins.data.splits.leaks`.
        problem: what is learned: ``multi-class``, ``multi-label`` or ``regression``; see :class:`Clips`.
        descriptions: label -> sentences that say what it means; None: the data set has none.
    """

    splits: Mapping[str, Clips]
    labels: tuple[str, ...]
    video_dim: int
    audio_dim: int
    sources: tuple[Path, ...]
    warnings: tuple[str, ...] = ()
    problem: Problem = "multi-class"
    descriptions: Mapping[str, Sequence[str]] | None = None

    @property
    def ood_label_id(self) -> int:
        """The id of out-of-scope clips: the one after the last label's."""
        return len(self.labels)


def load_clips(
    adapter: Adapter,
    data_path: str | os.PathLike[str],
    *,
    names: Sequence[str] = ("train", "dev", "test"),
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
        names: the splits to read; files of no other are needed.
        data_mode: ``multi-class`` or, if the data set has coarse labels, ``binary-class``.
        train_ood: also load out-of-scope clips for training and development.
        test_ood: also load out-of-scope clips for the test.
        ood_dataset: name of the out-of-scope set; None: the adapter's.
        video_feats, audio_feats: a name such as ``swin-roi`` or a file's name; None: the first known file that exists.
        video_data_path, audio_data_path: the feature folders inside a scope's folder.

    Raises:
        UserError: something is wrong with a file, row, label, clip or option.
    """
    labels, ids = label_ids(adapter, data_mode)
    splits: dict[str, Split] = {}
    scope = find_scope(adapter, Path(data_path), None)
    for name in names:
        splits[name] = read_split(adapter, scope, name, ids)
    ood_names = [name for name in names if (test_ood if name == "test" else train_ood)]
    if ood_names:
        ood_dataset = ood_dataset or adapter.ood_dataset
        scope = find_scope(adapter, Path(data_path), ood_dataset)
        for name in ood_names:
            splits[f"ood_{name}"] = read_ood_split(adapter, scope, name, ood_dataset, len(labels))
    warnings = leaks(splits)
    for warning in () if is_collecting() else warnings:
        logging.getLogger("mia_plugins").warning(warning)

    length = adapter.max_lengths
    video, video_paths = _read_modality(splits, video_data_path, adapter.video_files, video_feats, length["video"])
    audio, audio_paths = _read_modality(splits, audio_data_path, adapter.audio_files, audio_feats, length["audio"])
    return LoadedData(
        splits={
            name: Clips(
                split.keys,
                split.texts,
                np.array(split.label_ids, np.int64),
                video[name],
                audio[name],
                rows=split.rows,
                **split.spoken(),
            )
            for name, split in splits.items()
        },
        labels=labels,
        video_dim=next(iter(video.values())).width,
        audio_dim=next(iter(audio.values())).width,
        sources=tuple(dict.fromkeys([*(split.table for split in splits.values()), *video_paths, *audio_paths])),
        warnings=warnings,
    )


def load_unlabelled(
    adapter: Adapter,
    data_path: str | os.PathLike[str],
    name: str,
    *,
    ood_dataset: str | None = None,
    video_feats: str | None = None,
    audio_feats: str | None = None,
    max_lengths: Mapping[str, int] | None = None,
) -> Clips:
    """The clips of one split, whatever its table says of their labels; their label ids are -1.

    Args:
        adapter, data_path, video_feats, audio_feats: as in :func:`load_clips`.
        name: the split: ``train``, ``dev`` or ``test``.
        ood_dataset: read that out-of-scope set's table instead.
        max_lengths: the most frames of ``video`` and ``audio``; None: the adapter's.

    Raises:
        UserError: something is wrong with a file, row, clip or option.
    """
    length = max_lengths or adapter.max_lengths
    scope = find_scope(adapter, Path(data_path), ood_dataset)
    split = read_split(with_columns_of(adapter, ood_dataset), scope, name, None)
    splits = {name: split}
    video, _ = _read_modality(splits, "video_data", adapter.video_files, video_feats, length["video"])
    audio, _ = _read_modality(splits, "audio_data", adapter.audio_files, audio_feats, length["audio"])
    ids = np.array(split.label_ids, np.int64)
    return Clips(split.keys, split.texts, ids, video[name], audio[name], **split.spoken())


def _read_modality(
    splits: Mapping[str, Split],
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
        clips = read_features(path, keys, max_length=max_length, width=width, rows=rows)
        width, start = clips.width, 0
        for name in names:
            end = start + len(splits[name].keys)
            frames[name], start = clips[start:end], end
    return frames, paths
