"""Changes to a folder that are written all or not at all, and can be taken back to the byte."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...system.files import whole_file

MARKER = "# mia-plugins"


@dataclass(frozen=True)
class Change:
    """A file's path in the folder, its bytes before (None: it is new) and after."""

    path: str
    before: bytes | None
    after: bytes


def digest(raw: bytes) -> str:
    """What tells a file's contents from others."""
    return hashlib.sha256(raw).hexdigest()


def check_writable(folder: Path, changes: list[Change]) -> None:
    """Checks what can be checked before anything is written.

    Raises:
        UserError: a file or folder cannot be written, or leads out of the folder.
    """
    for change in changes:
        path = folder / change.path
        parent = next(parent for parent in path.parents if parent.exists())
        if not parent.is_dir() or folder.resolve() not in [parent.resolve(), *parent.resolve().parents]:
            raise UserError(f"{parent}: is no folder of this checkout; restore it")
        if not os.access(parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise UserError(f"{path}: cannot be written; make the checkout writable (nothing was changed)")


def write(path: Path, raw: bytes) -> None:
    """Writes a file whole; one that was there keeps its permissions."""
    with whole_file(path) as temporary:
        temporary.write_bytes(raw)
        if path.exists():
            shutil.copymode(path, temporary)
        else:
            temporary.chmod(0o666 & ~umask())


def umask() -> int:
    """The mask of permissions for new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def apply(folder: Path, notes: Path, changes: list[Change], about: dict[str, Any]) -> None:
    """Writes all changes, or none; before the first, ``notes`` says how to take them back.

    Raises:
        UserError: something cannot be written; what was written is taken back.
    """
    check_writable(folder, changes)
    made = {
        str(parent.relative_to(folder))
        for change in changes
        for parent in (folder / change.path).parents
        if folder in parent.parents and not parent.exists()
    }
    files = [
        {
            "path": change.path,
            "before": None if change.before is None else base64.b64encode(change.before).decode(),
            "after": digest(change.after),
        }
        for change in changes
    ]
    record = {**about, "files": files, "folders": sorted(made)}
    try:
        with whole_file(notes) as temporary:
            temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
        for change in changes:
            write(folder / change.path, change.after)
    except BaseException as error:  # an interruption too must not leave half of it
        take_back(folder, record)
        notes.unlink(missing_ok=True)
        if isinstance(error, (OSError, UserError)):
            raise UserError(f"{folder}: {error}; nothing was changed") from error
        raise


def read_notes(notes: Path) -> dict[str, Any] | None:
    """What :func:`apply` noted; None if there is nothing.

    Raises:
        UserError: the file is damaged.
    """
    try:
        record = json.loads(notes.read_text(encoding="utf-8"))
        if not all(isinstance(entry["path"], str) and "after" in entry for entry in record["files"]):
            raise ValueError("no list of files")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{notes}: cannot be read ({error}); take out the lines marked {MARKER} by hand, then this file"
        ) from error
    return record


def intact(folder: Path, record: dict[str, Any]) -> list[str]:
    """The recorded files that are no longer as they were written."""
    return [
        entry["path"]
        for entry in record["files"]
        if not (folder / entry["path"]).is_file() or digest((folder / entry["path"]).read_bytes()) != entry["after"]
    ]


def take_back(folder: Path, record: dict[str, Any]) -> list[str]:
    """Undoes recorded changes, also where only some were made; returns what was not undone, a sentence each.

    A file the user changed meanwhile stays; where it was there before, only the marked lines go.
    """
    left = []
    for entry in reversed(record["files"]):
        path = folder / entry["path"]
        before = None if entry["before"] is None else base64.b64decode(entry["before"])
        now = path.read_bytes() if path.is_file() else None
        if now is None and before is not None:
            left.append(f"{entry['path']}: was removed meanwhile, and stays so")
        elif now is None or now == before:
            continue
        elif digest(now) == entry["after"]:
            if before is None:
                path.unlink()
            else:
                write(path, before)
        elif before is None:
            left.append(f"{entry['path']}: was changed meanwhile, and stays; remove it if it is not wanted")
        else:
            write(path, b"".join(line for line in now.splitlines(keepends=True) if MARKER.encode() not in line))
            left.append(f"{entry['path']}: was changed meanwhile; only the lines marked {MARKER} were taken out")
        if before is None and not path.exists():
            remove_compiled(path)
    for name in sorted(record["folders"], key=len, reverse=True):
        try:
            (folder / name).rmdir()
        except OSError:  # not empty, or gone
            continue
    return left


def remove_compiled(source: Path) -> None:
    """Removes what Python compiled from a file of ours."""
    cache = source.parent / "__pycache__"
    for compiled in cache.glob(f"{source.stem}.*.pyc"):
        compiled.unlink()
    if cache.is_dir() and not any(cache.iterdir()):
        cache.rmdir()
