"""Sentiment in videos, in the file that thuiar/MMSA publishes and MMSA-FET writes: one pickle with all splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError, short
from .dataset import DataRequest, Outline
from .faults import fault

if TYPE_CHECKING:
    from .clips import Clips, LoadedData

FILES = ("unaligned_50.pkl", "aligned_50.pkl")
SPLITS = {"train": "train", "dev": "valid", "test": "test"}
SEPARATOR = "$_$"  # between the name of a video and the number of a clip in it


@dataclass(frozen=True)
class MMSASentiment:
    """A data set of sentiment from -3 to 3, a :class:`~mia_plugins.data.dataset.DataSet`.

    A video is a dialogue, its clips are the turns. Frames behind a clip's length are padding; a file without lengths, as
    the aligned ones are, has zeros there. ``-inf`` in audio means 0, as in MMSA.

    Attributes:
        name: as in ``--dataset``; also the folder of the files, which lie in ``Processed`` there.
        max_lengths: ``text`` in tokens, special ones included, ``video`` and ``audio`` in frames.
    """

    name: str
    max_lengths: Mapping[str, int]
    ood_dataset: str = ""

    @property
    def code(self) -> Sequence[Any]:
        """Nothing beside this class: the core's source is part of every run's identity."""
        return ()

    def outline(self, request: DataRequest) -> Outline:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        if request.data_mode != "multi-class":
            raise UserError(
                f"data_mode {request.data_mode}: {self.name} has numbers, no classes; leave --data_mode out"
            )
        return Outline(self.name, ("sentiment",), "regression")

    def files(self, request: DataRequest) -> list[Path]:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        return [self.find(request)]

    def find(self, request: DataRequest) -> Path:
        """The pickle: the file itself, or in the folder, its ``Processed``, or the data set's folder in it.

        Raises:
            UserError: it is not there, or video and audio are asked for from two files.
        """
        wanted = {name for name in (request.video_feats, request.audio_feats) if name is not None}
        if len(wanted) > 1:
            raise UserError(f"--video_feats and --audio_feats: {self.name} has both in one file; give the same twice")
        data_path = Path(request.data_path)
        if data_path.is_file():
            return data_path
        kinds = {name.partition("_")[0]: name for name in FILES}
        names = [kinds.get(name, name) for name in wanted] or FILES
        folders = [data_path / place for place in (f"{self.name}/Processed", "Processed", ".")]
        for path in (folder / name for folder in folders for name in names):
            if path.is_file():
                return path
        places = ", ".join(str(folder) for folder in folders)
        raise UserError(f"{data_path}: no {' or '.join(names)} there (looked in {places}); get it from thuiar/MMSA")

    def read(self, request: DataRequest) -> LoadedData:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        from .clips import LoadedData

        path = self.find(request)
        splits = {name: self.clips(path, name, self.max_lengths) for name in request.names}
        one = next(iter(splits.values()))
        widths = one.video.width, one.audio.width  # type: ignore[attr-defined]
        return LoadedData(splits, ("sentiment",), *widths, sources=(path,), problem="regression")

    def read_unlabelled(self, request: DataRequest, max_lengths: Mapping[str, int]) -> Clips:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        return self.clips(self.find(request), request.names[0], max_lengths, labelled=False)

    def clips(self, path: Path, name: str, max_lengths: Mapping[str, int], labelled: bool = True) -> Clips:
        """The clips of a split.

        Raises:
            UserError: a field is wrong; names the file, the split and the clip.
        """
        from .clips import Clips
        from .store.frames import StoredFrames
        from .store.split_cache import frames_file, open_splits

        folder, splits = open_splits(path)
        theirs = SPLITS[name]
        if theirs not in splits:
            raise UserError(f"{path}: has no split {theirs}, only {', '.join(map(short, splits))}; choose MMSA's file")
        split, place = splits[theirs], f"{path}, {theirs}"
        keys = texts_of(split["id"], "id", place)
        count = len(keys)
        frames = {}
        for modality, field in (("video", "vision_lengths"), ("audio", "audio_lengths")):
            part = split[modality]
            rows, longest, width = part["shape"]
            check_count(rows, count, modality, place)
            lengths = np.array(part["ends"], np.int64)
            if split[field] is not None:  # aligned files have none
                lengths = np.minimum(whole_numbers(split[field], field, place, count), longest)
            lengths = np.minimum(lengths, max_lengths[modality])
            bad = np.array(part["bad"], np.int64)
            wrong = (bad >= 0) & (bad < lengths)
            for i in np.flatnonzero(wrong).tolist():
                fault(
                    "wrong features",
                    f"{place}, row {i}",
                    f"{place}, row {i}: {modality} of clip {short(keys[i])} has a value that is not finite in frame "
                    f"{bad[i]} (counted from 0); extract its features again",
                )
            offsets = np.arange(count, dtype=np.int64) * longest * width
            paths, places = [frames_file(folder, theirs, modality)], np.zeros(count, np.int32)
            frames[modality] = StoredFrames(paths, places, offsets, lengths, width)
        texts = texts_of(split["raw_text"], "raw_text", place)
        check_count(len(texts), count, "raw_text", place)
        label_ids = sentiments(split["regression_labels"], place, keys) if labelled else np.full(count, -1)
        dialogues, turns = zip(*map(video_and_clip, keys)) if all(SEPARATOR in key for key in keys) else (None, None)
        rows = [f"{place}, row {i}" for i in range(count)]
        return Clips(
            keys, texts, label_ids, frames["video"], frames["audio"], dialogues=dialogues, turns=turns, rows=rows
        )


def video_and_clip(key: str) -> tuple[str, int]:
    """The video of a clip, and its number in it.

    >>> video_and_clip("03bSnISJMiM$_$11")
    ('03bSnISJMiM', 11)
    """
    video, _, number = key.rpartition(SEPARATOR)
    return video, int(number) if number.isdecimal() else 0


def texts_of(values: Any, field: str, place: str) -> list[str]:
    """A field of texts.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise UserError(f"{place}: {field} is no list of texts; choose a file in MMSA's format")
    return values


def check_count(found: int, count: int, field: str, place: str) -> None:
    """Every field has as many clips as there are ids.

    Raises:
        UserError: it has not.
    """
    if found != count:
        raise UserError(f"{place}: {field} has {found} clips, id {count}; copy the file again")


def whole_numbers(values: Any, field: str, place: str, count: int) -> np.ndarray:
    """Lengths, int64 (clips,).

    Raises:
        UserError: they are none.
    """
    array = np.asarray(values).reshape(-1)
    check_count(len(array), count, field, place)
    if array.dtype.kind not in "fiu" or not (array >= 0).all() or (array != array.astype(np.int64)).any():
        raise UserError(f"{place}: {field} are no numbers of frames; copy the file again")
    return array.astype(np.int64)


def sentiments(values: Any, place: str, keys: Sequence[str]) -> np.ndarray:
    """The targets, float32 (clips,).

    Raises:
        UserError: one is no number from -3 to 3; names its clip.
    """
    array = np.asarray(values).reshape(-1)
    check_count(len(array), len(keys), "regression_labels", place)
    if array.dtype.kind not in "fiu":
        raise UserError(f"{place}: regression_labels are no numbers; choose a file in MMSA's format")
    wrong = ~(np.abs(array) <= 3)
    for i in np.flatnonzero(wrong).tolist():
        where = f"{place}, row {i}"
        message = f"{where}: the label of clip {short(keys[i])} is {array[i]:g}, not from -3 to 3; correct it"
        fault("wrong labels", where, message)
    return array.astype(np.float32)
