"""One process at a time, where the file system has locks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

# From 3.30 on filelock tells "no locks here" from "held by another process", and can be asked not to replace a missing
# lock by a marker file, which a killed process would leave for good. Python 3.9 has no such version: it waits in vain
# where there are no locks, so there the wait is limited to this many seconds.
_OPTIONS: dict[str, Any] = {}
_PATIENCE = 600.0
if "fallback_to_soft" in inspect.signature(FileLock.__init__).parameters:
    _OPTIONS, _PATIENCE = {"fallback_to_soft": False}, -1.0


@contextmanager
def locked(path: Path, busy: str) -> Iterator[bool]:
    """Holds a lock file while the block runs. The lock of a killed process is released by the system.

    Args:
        path: the lock file; created if it is missing.
        busy: the message to log if another process holds the lock.

    Yields:
        Whether the lock is held. It is not on a file system without locks, or if ``path`` cannot be written.
    """
    lock = FileLock(str(path), **_OPTIONS)
    held = True
    try:
        lock.acquire(blocking=False)
    except Timeout:
        logging.getLogger("mia_plugins").info(busy)
        held = _wait(lock)
    except (OSError, NotImplementedError):  # older filelocks raise the latter where there is no flock
        held = False
    try:
        yield held
    finally:
        if held:
            lock.release()


def _wait(lock: Any) -> bool:
    try:
        lock.acquire(timeout=_PATIENCE)
    except (Timeout, OSError):
        return False
    return True
