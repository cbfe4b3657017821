"""Who works on what: lease files in a folder that processes on several machines share, without locks.

A lease is a file ``<name>.<generation>``, made so that of several processes exactly one succeeds. Its owner touches it
while it works. Where an owner has died, stopped touching it or let it go, the next generation may be taken. Leases
are never deleted, so no process can mistake one for another. What a file holds is not trusted: one that cannot be read
counts as being written this moment, and is free once it is older than a lease may get without a sign of life.
"""

from __future__ import annotations

import glob
import json
import os
import re
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import UserError
from .files import make_folder, whole_file
from .json_files import read_object

BEAT = 20.0  # seconds between two signs of life
STALE = 600.0  # seconds without one after which a lease counts as left
MOST_BYTES = 1 << 16  # of a lease file


def place() -> str:
    """Where process ids mean the same: the host, and on Linux its process namespace (containers share host names)."""
    with suppress(OSError):
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    return socket.gethostname()


def owner() -> dict[str, Any]:
    """This process, for others to see."""
    return {"place": place(), "pid": os.getpid(), "host": socket.gethostname()}


def is_dead(other: Any) -> bool:
    """Whether an owner, as :func:`owner` describes it, is known to have ended; false for another place."""
    if not isinstance(other, Mapping) or other.get("place") != place():
        return False
    pid = other.get("pid")
    if isinstance(pid, bool) or not isinstance(pid, int):
        return False
    if not 0 < pid < 2**31:  # no process has such a number
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is alive, and belongs to somebody else
        return False
    return False


class Lease:
    """A lease this process holds; ``with`` keeps it alive and lets it go at the end."""

    def __init__(self, path: Path) -> None:
        self.path, self.ended = path, threading.Event()

    def __enter__(self) -> Lease:
        threading.Thread(target=self.beat, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        with suppress(OSError, UserError), whole_file(self.path) as temporary:
            temporary.write_text(json.dumps({**owner(), "released": True}), encoding="utf-8")

    def beat(self) -> None:
        """Touches the file until the work ends."""
        while not self.ended.wait(BEAT):
            with suppress(OSError):
                os.utime(self.path)


class Leases:
    """The leases of a folder.

    Args:
        folder: shared by all who work on the plan.
        stale: seconds without a sign of life after which work counts as left.
    """

    def __init__(self, folder: Path, stale: float = STALE) -> None:
        self.folder, self.stale = make_folder(folder), stale

    def take(self, name: str) -> Lease | None:
        """Takes a piece of work; None where another process has it.

        Raises:
            UserError: the folder cannot be written.
        """
        generation, holder = self.latest(name)
        if holder is not None:
            return None
        path = self.folder / f"{name}.{generation + 1}"
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:  # another process was faster
            return None
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror}); choose another --results") from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(owner(), file)
        return Lease(path)

    def holder(self, name: str) -> str | None:
        """Who works on it now, in words; None: nobody."""
        found = self.latest(name)[1]
        if found is None:
            return None
        host, pid = (str(found.get(key, "?"))[:60] for key in ("host", "pid"))
        return f"{host} (process {pid})"

    def latest(self, name: str) -> tuple[int, dict[str, Any] | None]:
        """The newest generation (-1: none) and its owner, None if that one is gone."""
        suffixes = [path.suffix[1:] for path in self.folder.glob(f"{glob.escape(name)}.*")]
        generations = [int(suffix) for suffix in suffixes if re.fullmatch("[0-9]{1,18}", suffix)]
        if not generations:
            return -1, None
        path = self.folder / f"{name}.{max(generations)}"
        try:
            age = self.now() - path.stat().st_mtime
            found = read_object(path, most_bytes=MOST_BYTES)
        except OSError:
            return max(generations), {}
        except UserError:  # being written this moment, or torn by a power cut
            found = {}
        # an owner's next sign of life dates its file by the clock of now, so no lease in use is dated far in the future
        if found.get("released") or is_dead(found) or abs(age) > self.stale:
            return max(generations), None
        return max(generations), found

    def now(self) -> float:
        """The time by the clock of the folder's file system, which another machine's may differ from."""
        probe = self.folder / f".now-{socket.gethostname()}-{os.getpid()}"
        try:
            probe.touch()
            return probe.stat().st_mtime
        except OSError:
            return time.time()
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
