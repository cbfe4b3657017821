"""One process at a time."""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_PAUSE = 0.1  # seconds between two tries


@contextmanager
def locked(path: Path, busy: str) -> Iterator[bool]:
    """Waits until no other process holds the lock file ``path``, and holds it; a killed process lets go.

    Args:
        path: made if it is not there, and left there.
        busy: logged if another process has it.

    Yields:
        Whether it is held: some network file systems know no locks.

    Raises:
        OSError: the file cannot be made.
    """
    with open(path, "ab") as file:
        told = False
        while True:
            try:
                _try_lock(file.fileno())
            except OSError as error:
                if error.errno not in _BUSY:
                    yield False
                    return
            else:
                yield True  # closing the file lets go
                return
            if not told:
                logging.getLogger("mia_plugins").info(busy)
                told = True
            time.sleep(_PAUSE)


def _try_lock(file: int) -> None:
    """Lock an open file, or raise OSError at once."""
    if os.name == "nt":
        import msvcrt

        os.lseek(file, 0, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
