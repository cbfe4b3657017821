"""The features of a pickle, converted once and kept in the cache folder; every later start only opens them.

A store is a folder ``features/<place>-<state>``: ``frames.f32``, the values of all clips as raw little-endian float32;
``index.npy``, int64 (clips, 5), the numbers of each clip's :class:`Entry`; ``index.json``, their keys and faults.
``<place>`` stands for the pickle's path, ``<state>`` for what it holds.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import shutil
import tempfile
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...errors import UserError
from ...system.files import UMASK, cache_folder
from .build import Entry, convert, unwritable
from .frames import FrameFile
from .lock import locked
from .safe_pickle import plain_errors

_FORMAT = 1  # count up when stores change
_BLOCK, _BLOCKS = 1 << 14, 16  # bytes, samples of a pickle's content
_KEPT = 24 * 3600  # seconds for which a store of an older state stays after its last use
_NEW = ".new-"  # what the names of unfinished stores begin with


@dataclass(frozen=True, eq=False)
class Store:
    """An open store.

    Attributes:
        file: the frames.
        rows: clip key -> row of ``index``.
        index: int64 (clips, 5): offset, frames, width, bad, fault_at; see :class:`Entry`.
        faults: row -> what is wrong with the clip.
    """

    file: FrameFile
    rows: dict[str, int]
    index: np.ndarray
    faults: dict[int, str]


def open_store(path: str | os.PathLike[str]) -> Store:
    """The store of a feature pickle; it is made if there is none of the pickle's present state, or a damaged one.

    Raises:
        UserError: the pickle cannot be read or is no dict, or the cache folder cannot be written.
    """
    identity = _identify(path)
    root = cache_folder().absolute() / "features"
    folder = root / f"{identity.place}-{identity.state}"
    store = _load(folder)
    if store is not None:
        return store
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / ".lock", f"{path}: waiting for another process that converts features") as alone:
            store = _load(folder)  # the other process may have made it
            return store or _build(path, identity, folder, alone)
    except OSError as error:
        raise unwritable(path, root, error) from error


class _Identity(NamedTuple):
    place: str
    state: str


def _identify(path: str | os.PathLike[str]) -> _Identity:
    """Tell a pickle by its path, size, time and samples of its content, in the same time however large it is."""
    with plain_errors(path), open(path, "rb") as file:
        status = os.fstat(file.fileno())
        place = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16]
        state = hashlib.sha256(f"{_FORMAT} {status.st_size} {status.st_mtime_ns}".encode())
        last = max(status.st_size - _BLOCK, 0)
        for i in range(_BLOCKS):
            file.seek(last * i // (_BLOCKS - 1))
            state.update(file.read(_BLOCK))
        return _Identity(place, state.hexdigest()[:16])


def _build(path: str | os.PathLike[str], identity: _Identity, folder: Path, alone: bool) -> Store:
    """Convert into a new folder, which takes its name when it is whole; ``alone``: nobody else is at it."""
    old = [store for store in folder.parent.glob(f"{identity.place}-*") if store == folder or _unused(store)]
    for useless in [*old, *(folder.parent.glob(f"{_NEW}*") if alone else ())]:  # new ones are of killed processes
        shutil.rmtree(useless, ignore_errors=True)
    started = time.monotonic()
    new = Path(tempfile.mkdtemp(prefix=_NEW, dir=folder.parent))
    try:
        new.chmod(0o777 & ~UMASK)
        entries = convert(path, new / "frames.f32")
        if _identify(path) != identity:
            raise UserError(f"{path}: was changed while it was read; start again when it is complete")
        _save_index(new, entries)
        try:
            new.rename(folder)
        except OSError:  # where there are no locks, another process may have been faster
            if _load(folder) is None:
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
    size, seconds = (folder / "frames.f32").stat().st_size / 1e6, time.monotonic() - started
    logging.getLogger("mia_plugins").info(
        "converted %s: %d clips, %.1f MB in %.1f s, kept in %s", path, len(entries), size, seconds, folder
    )
    store = _load(folder)
    if store is None:
        raise UserError(f"{folder}: was changed while it was made; start again")
    return store


def _unused(folder: Path) -> bool:
    """Whether nobody has opened a store for a day.

    A training may still read it, or a machine with another copy of the pickle under the same path share the cache.
    """
    try:
        return time.time() - folder.stat().st_mtime > _KEPT
    except OSError:
        return False


def _save_index(folder: Path, entries: dict[str, Entry]) -> None:
    index = np.array([entry[:5] for entry in entries.values()], "<i8").reshape(-1, 5)
    content = io.BytesIO()
    np.save(content, index)
    faults = {row: entry.fault for row, entry in enumerate(entries.values()) if entry.fault}
    text = json.dumps({
        "keys": list(entries),
        "faults": faults,
        "frames": (folder / "frames.f32").stat().st_size,
        "index": zlib.crc32(content.getvalue()),
    }).encode()  # fmt: skip
    (folder / "index.npy").write_bytes(content.getvalue())
    (folder / "index.json").write_bytes(b"%d\n" % zlib.crc32(text) + text)


def _load(folder: Path) -> Store | None:
    """The store, if it is there and whole; the frames' values are not looked at."""
    try:
        checksum, text = (folder / "index.json").read_bytes().split(b"\n", 1)
        content = (folder / "index.npy").read_bytes()
        frames = folder / "frames.f32"
        if int(checksum) != zlib.crc32(text):
            return None
        table = json.loads(text)
        if table["index"] != zlib.crc32(content) or table["frames"] != frames.stat().st_size:
            return None
        index = np.load(io.BytesIO(content), allow_pickle=False).astype(np.int64, copy=False)
    except (OSError, ValueError):
        return None
    rows = {key: row for row, key in enumerate(table["keys"])}
    with suppress(OSError):  # a cache of somebody else's
        os.utime(folder)  # used
    return Store(FrameFile(frames), rows, index, {int(row): fault for row, fault in table["faults"].items()})
