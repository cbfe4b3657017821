"""The store of a feature pickle: converted once and kept in the cache folder, so that a later start only opens it.

Stores are the folders ``features/<place>-<state>``. ``<place>`` stands for the pickle's path, ``<state>`` for its content.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ...errors import UserError
from ...system.files import UMASK, cache_folder
from ...system.locks import locked
from .build import convert, unwritable
from .index import Store, frames_file, load_index, save_index
from .safe_pickle import open_pickle

_FORMAT = 2  # count up when stores change
_BLOCK, _BLOCKS = 1 << 14, 16  # bytes, samples of a pickle's content
_KEPT = 7 * 24 * 3600  # seconds for which a store of an older state stays after its last use
_NEW = ".new-"  # what the names of unfinished stores begin with


def open_store(path: str | os.PathLike[str]) -> Store:
    """Open the store of a feature pickle, and make it first if it is missing, damaged or older than the pickle.

    Raises:
        UserError: the pickle cannot be read or is no dict, or the cache folder cannot be written.
    """
    identity = _identify(path)
    root = cache_folder().absolute() / "features"
    folder = root / f"{identity.place}-{identity.state}"
    store = _open(folder)
    if store is not None:
        return store
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / ".lock", f"{path}: waiting for another process that converts features") as alone:
            store = _open(folder)  # the other process may have made it
            return store or _build(path, identity, folder, alone)
    except OSError as error:
        raise unwritable(path, root, error) from error


class _Identity(NamedTuple):
    place: str
    state: str


def _identify(path: str | os.PathLike[str]) -> _Identity:
    """Tell a pickle by its path, size, time and samples of its content; a large one takes no longer than a small one."""
    with open_pickle(path) as file:
        status = os.fstat(file.fileno())
        place = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16]
        state = hashlib.sha256(f"{_FORMAT} {status.st_size} {status.st_mtime_ns}".encode())
        last = max(status.st_size - _BLOCK, 0)
        for i in range(_BLOCKS):
            file.seek(last * i // (_BLOCKS - 1))
            state.update(file.read(_BLOCK))
        return _Identity(place, state.hexdigest()[:16])


def _build(path: str | os.PathLike[str], identity: _Identity, folder: Path, alone: bool) -> Store:
    """Convert into a new folder and rename it when it is complete.

    Args:
        path, identity: the pickle.
        folder: the name that the store gets.
        alone: whether no other process can be converting, so that unfinished stores are those of killed processes.
    """
    old = [store for store in folder.parent.glob(f"{identity.place}-*") if store == folder or _unused(store)]
    for useless in [*old, *(folder.parent.glob(f"{_NEW}*") if alone else ())]:
        shutil.rmtree(useless, ignore_errors=True)
    started = time.monotonic()
    new = Path(tempfile.mkdtemp(prefix=_NEW, dir=folder.parent))
    try:
        new.chmod(0o777 & ~UMASK)
        entries = convert(path, frames_file(new))
        if _identify(path) != identity:
            raise UserError(f"{path}: was changed while it was read; start again when it is complete")
        save_index(new, entries)
        try:
            new.rename(folder)
        except OSError:  # where there are no locks, another process may have been faster
            if load_index(folder) is None:
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
    store = _open(folder)
    if store is None:
        raise UserError(f"{folder}: was changed while it was made; start again")
    size, seconds = store.frames.stat().st_size / 1e6, time.monotonic() - started
    logging.getLogger("mia_plugins").debug(
        "converted %s: %d clips, %.1f MB in %.1f s, kept in %s", path, len(entries), size, seconds, folder
    )
    return store


def _open(folder: Path) -> Store | None:
    """The store, if it is there and undamaged; its folder's time tells when it was last used."""
    store = load_index(folder)
    if store is not None:
        with suppress(OSError):  # the cache of another user
            os.utime(folder)
    return store


def _unused(folder: Path) -> bool:
    """Whether nobody has opened a store for a week.

    A training that began before may still read it, or a machine that has another copy of the pickle under the same
    path shares the cache.
    """
    try:
        return time.time() - folder.stat().st_mtime > _KEPT
    except OSError:
        return False
