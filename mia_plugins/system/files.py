"""Files that are written whole or not at all, and the folder for files that can be rebuilt."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import UserError

UMASK = os.umask(0)
os.umask(UMASK)
FULL = 1 << 20  # bytes free below which a disk counts as full


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
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot make this folder ({reason(error)}); choose another") from error
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside ``path``; it replaces ``path`` at the end, and is removed after an error.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    make_folder(path.parent)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise UserError(f"{path.parent}: cannot write here ({reason(error)}); choose another folder") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp, and safetensors after it, make files for their owner alone, but results folders are shared
        os.chmod(temporary, 0o666 & ~UMASK)
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except UserError:
        raise
    except Exception as error:
        # libraries that write files raise errors of their own where a disk is full
        if isinstance(error, OSError) or is_full(path.parent):
            why = "the disk is full" if is_full(path.parent) else reason(error)
            raise UserError(f"{path}: cannot be written ({why}); make room, or choose another folder") from error
        raise
    finally:
        with suppress(OSError):
            temporary.unlink()


def remove_halves(folder: Path, name: str = "*") -> None:
    """Removes what killed processes left of :func:`whole_file` in a folder that nobody else writes to now.

    Args:
        folder: the folder; those below it are left alone.
        name: of the files that were to be written, as a pattern.
    """
    for path in folder.glob(f".{name}.????????"):
        if path.is_file() and not path.is_symlink():
            with suppress(OSError):
                path.unlink()


def is_full(folder: Path) -> bool:
    """Whether a folder's disk has no room left."""
    return free_bytes(folder) < FULL


def free_bytes(folder: Path) -> float:
    """Room on the disk of a folder, which need not exist yet; infinite where the system does not say."""
    there = next((each for each in (folder, *folder.resolve().parents) if each.exists()), folder)
    with suppress(OSError):
        return shutil.disk_usage(there).free
    return float("inf")


def reason(error: BaseException) -> str:
    """The system's words for an error."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
