"""What may be opened: regular files alone. Opening a FIFO waits for a writer, and a device has no end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ..errors import UserError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)


def check_regular(path: str | os.PathLike[str], largest: int | None = None) -> None:
    """Looks at a file before it is opened; links are followed.

    Args:
        path: the file.
        largest: bytes that it may have at most.

    Raises:
        UserError: the file is missing, out of reach or too large, or it is no regular file.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(path, error) from None
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "no regular file")
        raise UserError(f"{path}: cannot be read (it is {kind}); give a file")
    if largest is not None and status.st_size > largest:
        size, limit = status.st_size >> 20, largest >> 20
        raise UserError(
            f"{path}: has {size} MiB, and files of its kind at most {limit}; check that it is the right file"
        )


def is_regular(path: Path) -> bool:
    """Whether there is a regular file at ``path``.

    Raises:
        UserError: the folder may not be searched, so that nobody can tell.
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
