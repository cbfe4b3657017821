"""The features of a folder: a file or a folder of files for each modality, or nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import UserError, short
from ...system.untrusted import is_regular
from ..chained import Computed
from ..dataset import DataRequest
from ..faults import is_collecting
from ..places import leaves_folder
from ..store.formats import SUFFIXES
from ..store.sources import feature_files
from .config import CONFIG, FolderConfig

if TYPE_CHECKING:
    from ..store.frames import StoredFrames

NAMES = {
    "video": ("video", "video_feats", "video_features", "video_data", "vision", "visual"),
    "audio": ("audio", "audio_feats", "audio_features", "audio_data", "acoustic"),
}


def find_files(folder: Path, config: FolderConfig, request: DataRequest) -> dict[str, Path | None]:
    """The features of each modality; see :func:`find_file`."""
    return {
        "video": find_file(folder, "video", config, request.video_feats, request.video_data_path),
        "audio": find_file(folder, "audio", config, request.audio_feats, request.audio_data_path),
    }


def find_file(folder: Path, modality: str, config: FolderConfig, wanted: str | None, subfolder: str) -> Path | None:
    """The features of a modality; None where the folder has none.

    Args:
        folder: of the data set.
        modality: ``video`` or ``audio``.
        config: of the folder.
        wanted: as ``--video_feats`` names it, a file or folder in the data set's folder or its feature folder.
        subfolder: the feature folder.

    Raises:
        UserError: what is named is not there, lies outside, or several fit.
    """
    name = wanted or config.files.get(modality)
    if name is not None:
        if leaves_folder(name) or leaves_folder(subfolder):
            raise UserError(f"features {short(name)!r}: lie outside {folder}; copy them in and give their name")
        for path in (folder / name, folder / subfolder / name):
            if is_regular(path) or (path.is_dir() and feature_files(path)):
                return path
        raise UserError(f"{folder}: has no {modality} features {short(name)!r}; correct --{modality}_feats or {CONFIG}")
    places = [folder / f"{start}{suffix}" for start in NAMES[modality] for suffix in SUFFIXES]
    fitting = [path for path in places if is_regular(path)]
    fitting += [path for start in NAMES[modality] if (path := folder / start).is_dir() and feature_files(path)]
    if len(fitting) > 1:
        raise UserError(
            f"{folder}: {' and '.join(path.name for path in fitting[:3])} may both be the {modality} features; "
            f'name one in {CONFIG}: [files] {modality} = "..."'
        )
    if not fitting:
        return None
    inside = feature_files(fitting[0]) if fitting[0].is_dir() else []
    return fitting[0] / inside[0] if len(inside) == 1 else fitting[0]


def read_modality(
    path: Path | None, keys: Sequence[str], rows: Sequence[str], *, modality: str, max_length: int
) -> StoredFrames | Computed:
    """The frames of every clip; no frames, (0, width), for one that has no features.

    Raises:
        UserError: no clip has features in the file, or those of one are damaged.
    """
    if path is None:
        return Computed(lambda i: np.zeros((0, 1), np.float32), np.zeros(len(keys), np.int64))
    from ..features import read_features  # here, as it needs more than finding files does

    frames = read_features(path, keys, max_length=max_length, rows=rows, missing="empty")
    without = np.flatnonzero(frames.lengths == 0)
    if len(without) == len(keys):
        raise UserError(
            f"{path}: has no features of any clip, such as {short(keys[0])} ({rows[0]}); correct the keys, or name their "
            f'column in {CONFIG}: [columns] key = "..."'
        )
    if len(without) and not is_collecting():
        logging.getLogger("mia_plugins").warning(
            f"{path}: {len(without)} of {len(keys)} clips have no {modality}, such as {short(keys[without[0]])} "
            f"({rows[without[0]]})"
        )
    return frames
