"""What an extraction writes: a file a clip and modality, a line a finished clip, and a record of how it was made.

    DIR/extraction.json   backbones, their digests, rate, versions, date
    DIR/extracted.log     a line of JSON a clip: its file, seconds and frames, or why it failed
    DIR/video/KEY.npy     float32 (frames, width); no file where a clip has no pictures
    DIR/audio/KEY.npy     likewise

An interrupted extraction goes on behind the last clip whose line is there.
"""

from __future__ import annotations

import datetime
import json
import os
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..system.files import make_folder, reason
from ..system.json_files import read_object, write_json

RECORD, CLIPS = "extraction.json", "extracted.log"
MODALITIES = ("video", "audio")
HEADER = 128  # bytes of an array file's header


class Growing:
    """An array file ``(rows, width)`` that grows row by row and appears under its name when it is finished.

    Args:
        path: of the file.
        width: of a row.
    """

    def __init__(self, path: Path, width: int) -> None:
        self.path, self.width, self.rows = path, width, 0
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:200]}.", dir=make_folder(path.parent))
        self.temporary, self.file = Path(name), os.fdopen(handle, "wb")
        self.file.write(bytes(HEADER))

    def add(self, rows: np.ndarray) -> None:
        """Writes more rows."""
        self.file.write(np.ascontiguousarray(rows, "<f4").tobytes())
        self.rows += len(rows)

    def finish(self) -> None:
        """Puts the file in its place, or removes it where it has no rows: a clip without frames has no file."""
        if not self.rows:
            return self.drop()
        text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({self.rows}, {self.width}), }}"
        size = HEADER - 10
        self.file.seek(0)
        self.file.write(b"\x93NUMPY\x01\x00" + size.to_bytes(2, "little") + text.ljust(size - 1).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self.temporary.chmod(0o644)
        os.replace(self.temporary, self.path)
        return None

    def drop(self) -> None:
        """Removes what was written."""
        self.file.close()
        self.temporary.unlink(missing_ok=True)


class Output:
    """The folder of an extraction.

    Args:
        folder: where to write.
        settings: what the features depend on, by modality; an extraction goes on only with the same.

    Raises:
        UserError: the folder holds features that were made otherwise, or cannot be written.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder, self.settings = make_folder(folder), dict(settings)
        path = folder / RECORD
        if path.exists():
            before = read_object(path, {"settings": dict})["settings"]
            if before != json.loads(json.dumps(self.settings)):
                raise UserError(
                    f"{path}: these features were made {difference(before, self.settings)}; give another folder"
                )
        else:
            date = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
            write_json(path, {"settings": self.settings, "versions": versions(), "date": date})
        self.clips = read_lines(folder / CLIPS)

    def has(self, key: str, path: Path) -> bool:
        """Whether the clip is finished, and its file the same as then."""
        line = self.clips.get(key)
        if line is None or "failed" in line or [line.get("bytes"), line.get("mtime_ns")] != stamp(path):
            return False
        return all(not line.get(f"{name}_frames") or self.place(name, key).is_file() for name in MODALITIES)

    def place(self, modality: str, key: str) -> Path:
        """Where the clip's features of a modality lie."""
        return self.folder / modality / f"{key}.npy"

    def grow(self, modality: str, key: str, width: int) -> Growing:
        """A clip's file."""
        return Growing(self.place(modality, key), width)

    def finish(self, key: str, path: Path, seconds: float | None, frames: Mapping[str, int]) -> None:
        """Notes that a clip is finished."""
        size, time = stamp(path)
        counts = {f"{name}_frames": count for name, count in frames.items()}
        self._note({"key": key, "file": path.name, "bytes": size, "mtime_ns": time, "seconds": seconds, **counts})

    def fail(self, key: str, path: Path, why: str) -> None:
        """Notes that a clip has no features, and why."""
        self._note({"key": key, "file": path.name, "failed": why})

    def _note(self, line: dict[str, Any]) -> None:
        self.clips[line["key"]] = line
        path = self.folder / CLIPS
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({reason(error)}); make room, then start again") from error


def read_lines(path: Path) -> dict[str, dict[str, Any]]:
    """The last line of every clip; one that a killed process wrote half is left out, and cut off."""
    if not path.exists():
        return {}
    content = path.read_bytes()
    end = content.rfind(b"\n") + 1
    if end < len(content):
        os.truncate(path, end)
    clips = {}
    for number, text in enumerate(content[:end].splitlines(), start=1):
        try:
            line = json.loads(text)
            clips[str(line["key"])] = line
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path}, row {number}: is damaged; remove this row, and the clip is done again") from error
    return clips


def stamp(path: Path) -> list[int]:
    """Size and time of a file: another size or time is another file."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What differs, such as ``with video backbone=x, not y``."""
    for modality in MODALITIES:
        old, new = before.get(modality), now.get(modality)
        if old is None or new is None:
            if old != new:
                return f"{'without' if old is None else 'with'} {modality}"
            continue
        for name in sorted({*old, *new}):
            if json.dumps(old.get(name)) != json.dumps(new.get(name)):
                return f"with {modality} {name}={old.get(name)}, not {new.get(name)}"
    return "otherwise"


def versions() -> dict[str, str]:
    """Of the packages that features depend on."""
    found = {}
    for name in ("mia-plugins", "av", "torch", "transformers", "pillow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
