"""Changes to a folder that are all made or none, and can be taken back to the byte."""

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
from ...system.json_files import read_json
from ...system.untrusted import read_bytes
from .paths import inside

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
        path = inside(folder, change.path)
        parent = next(parent for parent in path.parents if parent.exists())
        if not os.access(parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise UserError(f"{path}: cannot be written; make the checkout writable (nothing was changed)")


def write(path: Path, raw: bytes) -> None:
    """Replaces a file at once; one that was there keeps its permissions."""
    with whole_file(path) as temporary:
        temporary.write_bytes(raw)
        if path.exists():
            shutil.copymode(path, temporary)


def apply(folder: Path, notes: Path, changes: list[Change], about: dict[str, Any]) -> None:
    """Makes all changes, or none; before the first, ``notes`` says how to take them back.

    Raises:
        UserError: something cannot be written; what was written is taken back.
    """
    check_writable(folder, changes)
    made = {
        str(parent.relative_to(folder).as_posix())
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
    if not os.path.lexists(notes):
        return None
    remedy = f"take out the lines marked {MARKER} by hand, then remove this file"
    record = read_json(notes, remedy)
    try:
        for entry in record["files"]:
            if not isinstance(entry["path"], str) or not isinstance(entry["after"], str):
                raise ValueError("a path or digest is not a text")
            base64.b64decode(entry["before"] or "", validate=True)
        if not all(isinstance(name, str) for name in record["folders"]):
            raise ValueError("a folder is not a text")
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{notes}: is damaged ({error}); {remedy}") from error
    return record


def changed_since(folder: Path, record: dict[str, Any]) -> list[str]:
    """The recorded files that are no longer as they were written."""
    return [
        entry["path"]
        for entry in record["files"]
        if not inside(folder, entry["path"]).is_file() or digest(read_bytes(folder / entry["path"])) != entry["after"]
    ]


def take_back(folder: Path, record: dict[str, Any]) -> list[str]:
    """Undoes recorded changes, also where only some were made.

    A file the user changed meanwhile stays; where it was there before, only the marked lines go.

    Args:
        folder: the checkout.
        record: from :func:`read_notes`; not trusted, for it lies in the checkout.

    Returns:
        What was not undone, a sentence each.

    Raises:
        UserError: a recorded path leads out of the folder; nothing is changed then.
    """
    for name in [*(entry["path"] for entry in record["files"]), *record["folders"]]:
        inside(folder, name)
    left = [sentence for entry in reversed(record["files"]) if (sentence := take_back_file(folder, entry))]
    for name in sorted(record["folders"], key=len, reverse=True):
        try:
            (folder / name).rmdir()
        except OSError:  # not empty, or gone
            continue
    return left


def take_back_file(folder: Path, entry: dict[str, Any]) -> str:
    """Undoes the change of one file; returns what the user should know, if anything."""
    name, path = entry["path"], folder / entry["path"]
    before = None if entry["before"] is None else base64.b64decode(entry["before"])
    now = read_bytes(path) if path.is_file() else None
    said = ""
    if now is None and before is not None:
        said = f"{name}: was removed meanwhile, and stays so"
    elif now is not None and now != before:
        if digest(now) == entry["after"]:
            path.unlink() if before is None else write(path, before)
        elif before is None:
            said = f"{name}: was changed meanwhile, and stays; remove it if it is not wanted"
        else:
            write(path, b"".join(line for line in now.splitlines(keepends=True) if MARKER.encode() not in line))
            said = f"{name}: was changed meanwhile; only the lines marked {MARKER} were taken out"
    if before is None and not path.exists():
        remove_compiled(path)
    return said


def remove_compiled(source: Path) -> None:
    """Removes what Python compiled from a file that was installed."""
    cache = source.parent / "__pycache__"
    if cache.is_symlink() or not cache.is_dir():
        return
    for compiled in cache.glob(f"{source.stem}.*.pyc"):
        compiled.unlink()
    if not any(cache.iterdir()):
        cache.rmdir()
