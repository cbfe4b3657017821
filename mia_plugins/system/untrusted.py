"""Files that somebody else wrote: read within a limit, or refused in one line."""

from __future__ import annotations

import stat
from pathlib import Path

from ..errors import UserError

LIMIT = 16 << 20  # bytes; text that people write is far smaller


def read_bytes(path: Path, limit: int = LIMIT) -> bytes:
    """A file's bytes.

    Args:
        path: the file; a pipe or a device, whose reading could go on for ever, is refused.
        limit: the most bytes it may have.

    Raises:
        UserError: it is no regular file, too large, or cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UserError(f"{path}: is not a regular file; replace it with one, or remove it")
        with open(path, "rb") as file:
            raw = file.read(limit + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if len(raw) > limit:
        raise UserError(f"{path}: has more than {limit} bytes, too many for what it should hold; restore it")
    return raw
