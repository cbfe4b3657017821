"""Who works on what: claim files in a folder that processes on several machines share, without locks.

A claim is a file ``<name>.<generation>``, made so that of several processes exactly one succeeds. Its owner touches it
while it works. Where an owner has died, stopped touching it or let it go, the next generation may be claimed. Claims
are never deleted, so no process can mistake one for another.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import UserError
from .files import make_folder, whole_file

BEAT = 20.0  # seconds between two signs of life
STALE = 600.0  # seconds without one after which a claim counts as left


def place() -> str:
    """Where process ids mean the same: the host, and on Linux its process namespace (containers share host names)."""
    with suppress(OSError):
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    return socket.gethostname()


def owner() -> dict[str, Any]:
    """This process, for others to see."""
    return {"place": place(), "pid": os.getpid(), "host": socket.gethostname()}


def is_dead(other: dict[str, Any]) -> bool:
    """Whether an owner is known to have ended; of another place's nothing is known."""
    if other.get("place") != place() or not isinstance(other.get("pid"), int):
        return False
    try:
        os.kill(other["pid"], 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


class Claim:
    """A claim this process holds; ``with`` keeps it alive and lets it go at the end."""

    def __init__(self, path: Path) -> None:
        self.path, self.ended = path, threading.Event()

    def __enter__(self) -> Claim:
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


class Claims:
    """The claims of a folder.

    Args:
        folder: shared by all who work on the plan.
        stale: seconds without a sign of life after which work counts as left.
    """

    def __init__(self, folder: Path, stale: float = STALE) -> None:
        self.folder, self.stale = make_folder(folder), stale

    def take(self, name: str) -> Claim | None:
        """Claims a piece of work; None where another process has it."""
        generation, holder = self.latest(name)
        if holder is not None:
            return None
        path = self.folder / f"{name}.{generation + 1}"
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:  # somebody was faster
            return None
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror}); choose another --results") from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(owner(), file)
        return Claim(path)

    def holder(self, name: str) -> str | None:
        """Who works on it now, in words; None: nobody."""
        found = self.latest(name)[1]
        return None if found is None else f"{found.get('host', '?')} (process {found.get('pid', '?')})"

    def latest(self, name: str) -> tuple[int, dict[str, Any] | None]:
        """The newest generation (-1: none) and its owner, None if that one is gone."""
        generations = [int(path.suffix[1:]) for path in self.folder.glob(f"{name}.*") if path.suffix[1:].isdigit()]
        if not generations:
            return -1, None
        path = self.folder / f"{name}.{max(generations)}"
        try:
            found = json.loads(path.read_text(encoding="utf-8") or "{}")
            age = self.now() - path.stat().st_mtime
        except (OSError, ValueError):
            return max(generations), {}  # being written this moment
        if found.get("released") or is_dead(found) or age > self.stale:
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
            probe.unlink(missing_ok=True)
