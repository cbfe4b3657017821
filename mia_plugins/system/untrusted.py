"""Files that somebody else wrote: looked at before they are opened, and read within a limit or refused in one line.

Only regular files are opened: opening a FIFO waits for a writer, and a device has no end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ..errors import UserError

LIMIT = 16 << 20  # bytes; text that people write is far smaller
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)


def read_bytes(path: Path, limit: int = LIMIT) -> bytes:
    """A file's bytes.

    Args:
        path: the file.
        limit: the most bytes it may have.

    Raises:
        UserError: it is not a regular file, too large, or cannot be read.
    """
    check_regular(path, limit)
    try:
        with open(path, "rb") as file:
            raw = file.read(limit + 1)  # it may have grown since
    except OSError as error:
        raise unreadable(path, error) from error
    if len(raw) > limit:
        raise _too_large(path, limit)
    return raw


def check_regular(path: str | os.PathLike[str], largest: int | None = None) -> None:
    """Looks at a file before it is opened; links are followed.

    Args:
        path: the file.
        largest: the most bytes it may have.

    Raises:
        UserError: the file is missing, out of reach or too large, or it is not a regular file.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(path, error) from None
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "no regular file")
        raise UserError(f"{path}: cannot be read (it is {kind}); give a file")
    if largest is not None and status.st_size > largest:
        raise _too_large(path, largest)


def is_regular(path: Path) -> bool:
    """Whether there is a regular file at ``path``.

    Raises:
        UserError: the folder may not be searched, so there is no telling.
    """
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except ValueError:
        return False
    except OSError as error:
        if error.errno in _ABSENT:
            return False
        raise unreadable(path, error) from None


def unreadable(path: str | os.PathLike[str], error: Exception) -> UserError:
    """The error for a file that cannot be opened or read."""
    reason = getattr(error, "strerror", None) or error
    return UserError(f"{path}: cannot be read ({reason}); check the path and its permissions")


def _too_large(path: str | os.PathLike[str], limit: int) -> UserError:
    return UserError(f"{path}: has more than {limit} bytes, too many for what it should hold; restore it")
