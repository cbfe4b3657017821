"""Which files are clips, and what each is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError, short

# fmt: off
SUFFIXES = frozenset((
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".flv", ".wmv", ".3gp", ".ogv",
    ".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aac", ".opus",
))
# fmt: on


def find_clips(places: Sequence[str]) -> dict[str, Path]:
    """The clips by key: a file's name without its suffix.

    Args:
        places: files, or folders whose media files are taken, those of their subfolders too.

    Raises:
        UserError: there are none, one is no file, a name cannot be a key, or two files have the same.
    """
    clips: dict[str, Path] = {}
    for place in map(Path, places):
        if not place.exists():
            raise UserError(f"{place}: no such file or folder")
        found = [place] if place.is_file() else sorted(path for path in place.rglob("*") if is_media(path))
        if not found:
            raise UserError(f"{place}: holds no media file ({' '.join(sorted(SUFFIXES))})")
        for path in found:
            key = path.stem
            if not re.fullmatch(r"[^\x00-\x1f/\\:*?\"<>|]{1,200}", key) or key in (".", ".."):
                raise UserError(f"{short(str(path))}: its name cannot be a clip's key; rename it")
            if key in clips:
                raise UserError(f"{clips[key]} and {path}: both would be clip {key}; rename one")
            clips[key] = path
    return clips


def is_media(path: Path) -> bool:
    """Whether a file is called like a clip; hidden ones are not."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
