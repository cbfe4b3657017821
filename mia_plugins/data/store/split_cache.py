"""MMSA's pickle, converted once: the frames of all clips to one raw file, the rest to a small one beside it.

A cache is a folder ``splits/<digest of the pickle>``: ``<split>-<modality>.f32``, float32 (clips, longest, width) with
the file's padding, and ``clips.npz`` with JSON as bytes: ids, texts, numbers, and of each modality its width, its longest
clip, the frames of each clip and where a value is not finite.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ...system.array_files import read_arrays
from ...system.digests import file_digest
from ...system.files import UMASK, cache_folder, make_folder
from .split_pickle import load_splits
from .writer import LARGEST, unwritable

FORMAT = 1  # count up when caches change
MODALITIES = {"vision": "video", "audio": "audio"}  # MMSA's name -> ours
KEPT = ("id", "raw_text", "regression_labels", "audio_lengths", "vision_lengths")
ROWS = 64  # clips written at a time
LARGEST_INDEX = 1 << 30  # bytes


def open_splits(path: Path) -> tuple[Path, dict[str, dict[str, Any]]]:
    """The folder of the frames, and for each split what is kept of its fields; converts the pickle at the first call.

    Raises:
        UserError: the pickle cannot be read, or the cache cannot be written.
    """
    folder = cache_folder() / "splits" / f"{file_digest(path)[:20]}-{FORMAT}"
    with suppress(Exception):  # not there yet, or damaged: made again
        return folder, read_index(folder)
    make_folder(folder.parent)
    try:
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    except OSError as error:
        raise unwritable(path, folder.parent, error) from error
    try:
        new.chmod(0o777 & ~UMASK)
        splits = convert(path, new)
        text = json.dumps(splits).encode()
        np.savez(new / "clips.npz", text=np.frombuffer(text, np.uint8))
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # another process may have been faster
            new.rename(folder)
    except OSError as error:
        raise unwritable(path, folder.parent, error) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return folder, read_index(folder)


def read_index(folder: Path) -> dict[str, dict[str, Any]]:
    """What :func:`open_splits` wrote beside the frames; their files have the size that it says."""
    splits = json.loads(read_arrays(folder / "clips.npz", LARGEST_INDEX)["text"].tobytes())
    for name, split in splits.items():
        for modality in MODALITIES.values():
            clips, longest, width = split[modality]["shape"]
            if frames_file(folder, name, modality).stat().st_size != 4 * clips * longest * width:
                raise ValueError("the cache is damaged")
    return splits


def frames_file(folder: Path, split: str, modality: str) -> Path:
    """The frames of a split."""
    return folder / f"{split}-{modality}.f32"


def convert(path: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Writes the frames of all splits, and returns what is kept of the rest.

    Raises:
        UserError: the pickle is not MMSA's.
        OSError: the folder does not take the frames.
    """
    count = 0

    def take(key: str, array: np.ndarray) -> Any:
        nonlocal count
        if key not in MODALITIES:
            return array.tolist() if key in KEPT and array.size < 1 << 24 else None
        if array.ndim != 3 or array.dtype.kind not in "fiu" or 0 in array.shape:
            raise UserError(f"{path}: {key} is of shape {array.shape}, not (clips, frames, width); use MMSA's features")
        count += 1
        return write_frames(folder / f"{count}.part", array, minus_infinity_is_zero=key == "audio")

    table = load_splits(path, take)
    if not isinstance(table, dict) or not all(isinstance(split, dict) for split in table.values()):
        raise UserError(f"{path}: is not MMSA's pickle, a dict of splits; choose unaligned_50.pkl or aligned_50.pkl")
    kept = {}
    for name, split in table.items():
        fields = ("id", "raw_text", "regression_labels", *MODALITIES)
        absent = [field for field in fields if split.get(field) is None]
        if absent:
            raise UserError(f"{path}: {name} lacks {', '.join(absent)}; choose MMSA's file with all three modalities")
        kept[name] = {key: split.get(key) for key in KEPT}
        for theirs, ours in MODALITIES.items():
            if not isinstance(split[theirs], dict):
                raise UserError(f"{path}: {theirs} of {name} is no numeric array; use MMSA's features")
            part = dict(split[theirs])
            (folder / part.pop("part")).rename(frames_file(folder, name, ours))
            kept[name][ours] = part
    return kept


def write_frames(path: Path, array: np.ndarray, *, minus_infinity_is_zero: bool) -> dict[str, Any]:
    """Writes an array (clips, frames, width) as float32.

    Returns:
        ``part`` (the file's name), ``shape``, ``ends`` (of each clip the frames up to the last that is not zero) and
        ``bad`` (of each clip the first frame with a value that is not finite or too large, -1: none).
    """
    ends: list[int] = []
    bad: list[int] = []
    frames = np.arange(1, array.shape[1] + 1)
    with open(path, "wb") as file, np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(array), ROWS):
            values = np.array(array[start : start + ROWS], "<f4")
            if minus_infinity_is_zero:
                values[values == -np.inf] = 0
            ends += (frames * values.any(axis=2)).max(axis=1).tolist()
            fine = (np.abs(values) <= LARGEST).all(axis=2)
            bad += np.where(fine.all(axis=1), -1, fine.argmin(axis=1)).tolist()
            file.write(values.tobytes())
    return {"part": path.name, "shape": list(array.shape), "ends": ends, "bad": bad}
