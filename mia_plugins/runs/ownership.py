"""Who works in a run's folder, whether the run is finished, and the link to the newest run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..system.files import make_folder, remove_halves, whole_file
from ..system.json_files import is_a, read_object
from ..system.leases import Leases
from .records import RECORD

LATEST = "latest"
KEYS = {"metrics": dict, "seed": int, "settings": dict, "changed": dict, "training": dict, "testing": dict, "date": str}


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Holds a run's folder while the run is made; nobody else makes it meanwhile.

    Raises:
        UserError: another process is making it, or the folder cannot be written.
    """
    leases = Leases(folder / "lease")
    lease = leases.take("run")
    if lease is None:
        holder = leases.holder("run") or "another process"
        raise UserError(
            f"{folder}: this very run is being made by {holder}; wait for it, or change a setting or the seed"
        )
    with lease:
        yield


def finished(folder: Path) -> dict[str, Any] | None:
    """The record of a finished run; None if the run did not finish, or its record is damaged."""
    try:
        record = read_object(folder / RECORD, KEYS)
    except (OSError, UserError):
        return None
    return record if all(is_a(value, float) for value in record["metrics"].values()) else None


def begin_again(folder: Path) -> None:
    """Removes the mark of a finished run, so that a half-made new one is never mistaken for it, and half-written files."""
    for each in (folder, *(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())):
        remove_halves(each)
    with suppress(FileNotFoundError):
        (folder / RECORD).unlink()


def point_latest(folder: Path) -> None:
    """Points ``latest``, beside the run's folder, to it: a link, or a file with its name where links cannot be made."""
    place = make_folder(folder.parent) / LATEST
    temporary = folder.parent / f".{LATEST}-{os.getpid()}"
    try:
        if place.is_dir() and not place.is_symlink():
            return  # somebody's own folder
        with suppress(FileNotFoundError):
            temporary.unlink()
        temporary.symlink_to(folder.name, target_is_directory=True)
        os.replace(temporary, place)
    except (OSError, NotImplementedError):
        with suppress(OSError, UserError), whole_file(place) as file:
            file.write_text(folder.name + "\n", encoding="utf-8")
