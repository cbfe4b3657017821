"""The stores of feature files: converted once and kept in the cache folder, so that a later start only opens them.

Stores are the folders ``features/<place>-<state>``; see :class:`~mia_plugins.data.store.sources.Source`.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from tqdm import tqdm

from ...errors import UserError
from ...system.files import UMASK, cache_folder
from ...system.locks import locked
from ...system.processes import no_bar
from .build import convert, convert_files
from .index import Store, frames_file, load_index, save_index
from .sources import Source, file_source, folder_sources, unchanged
from .writer import unwritable

_KEPT = 7 * 24 * 3600  # seconds for which a store of an older state stays after its last use
_NEW = ".new-"  # what the names of unfinished stores begin with


def open_store(path: str | os.PathLike[str]) -> Store:
    """Open the store of a feature file, and make it first if it is missing, damaged or older than the file.

    Raises:
        UserError: the file cannot be read or is no dict, or the cache folder cannot be written.
    """
    return _open_or_build(file_source(path))


def open_stores(path: str | os.PathLike[str]) -> Iterator[tuple[Source, Store]]:
    """Open the stores of a feature file or of a folder of them, one after the other; missing ones are made first.

    A conversion that was interrupted goes on at the file, or pack of small files, where it stopped.

    Raises:
        UserError: as :func:`open_store`; or something is wrong with the folder.
    """
    if not os.path.isdir(path):
        source = file_source(path)
        yield source, _open_or_build(source)
        return
    sources = folder_sources(path)
    missing = [source for source in sources if not frames_file(_folder(source)).exists()]
    if missing:
        _build_all(path, missing)
    for source in sources:
        yield source, _open_or_build(source)


def is_stored(path: str | os.PathLike[str], frames: Collection[Path]) -> bool:
    """Whether some of these files of frames are those of the feature file, or folder of them; nothing is converted."""
    sources = folder_sources(path) if os.path.isdir(path) else [file_source(path)]
    return any(frames_file(_folder(source)) in frames for source in sources)


def _open_or_build(source: Source) -> Store:
    store = _open(_folder(source))
    if store is None:
        _build_all(source.path, [source])
        store = _open(_folder(source))
    if store is None:
        raise UserError(f"{_folder(source)}: was changed while it was made; start again")
    return store


def _folder(source: Source) -> Path:
    """The name of a store in the cache."""
    return _root() / f"{source.place}-{source.state}"


def _root() -> Path:
    return cache_folder().absolute() / "features"


def _build_all(path: str | os.PathLike[str], sources: list[Source]) -> None:
    """Make the stores of ``sources``, all of one path, that are missing; other processes wait."""
    root = _root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / ".lock", f"{path}: waiting for another process that converts features") as alone:
            old = [store for store in root.glob(f"{sources[0].place}-*") if _unused(store)]
            for useless in [*old, *(root.glob(f"{_NEW}*") if alone else ())]:  # new ones are those of killed processes
                shutil.rmtree(useless, ignore_errors=True)
            hidden = True if len(sources) == 1 else no_bar()
            name = f"converting {os.path.basename(path)}"
            for source in tqdm(sources, desc=name, unit="store", leave=False, disable=hidden):
                if _open(_folder(source)) is None:  # the other process may have made it
                    _build(source, _folder(source))
    except OSError as error:
        raise unwritable(path, root, error) from error


def _build(source: Source, folder: Path) -> None:
    """Convert into a new folder and rename it to ``folder`` when it is complete."""
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)  # a damaged one
    new = Path(tempfile.mkdtemp(prefix=_NEW, dir=folder.parent))
    try:
        new.chmod(0o777 & ~UMASK)
        if source.names:
            entries, counts = convert_files(source.files, frames_file(new))
        else:
            entries, counts = convert(source.path, frames_file(new)), []
        if not unchanged(source):
            raise UserError(f"{source.path}: was changed while it was read; start again when it is complete")
        save_index(new, entries, counts)
        size = frames_file(new).stat().st_size / 1e6
        try:
            new.rename(folder)
        except OSError:  # where there are no locks, another process may have been faster
            if load_index(folder) is None:
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
    logging.getLogger("mia_plugins").debug(
        "converted %s: %d clips, %.1f MB in %.1f s, kept in %s",
        *(source.files[0], len(entries), size, time.monotonic() - started, folder),
    )


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
