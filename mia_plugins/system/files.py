"""Files that are written whole or not at all, and the folder for what can be made again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError

UMASK = os.umask(0)
os.umask(UMASK)


def cache_folder() -> Path:
    """Where rebuildable files go: ``$MIA_PLUGINS_CACHE``, or ``mia_plugins`` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("MIA_PLUGINS_CACHE") or Path(base) / "mia_plugins")


def make_folder(path: Path) -> Path:
    """Creates a folder and its parents.

    Raises:
        UserError: it cannot be created; names it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path}: cannot make this folder ({error.strerror}); choose another") from error
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside ``path``; at the end it takes its place, at an error it goes.

    Raises:
        UserError: the folder cannot be written.
    """
    make_folder(path.parent)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise UserError(f"{path.parent}: cannot write here ({error.strerror}); choose another folder") from error
    os.close(handle)
    os.chmod(name, 0o666 & ~UMASK)  # mkstemp's are for their owner alone, but results folders are shared
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
