"""What a store is made of: a feature file, or some of the files of a folder.

The files of a folder are shards of any size, or hold one clip each. Up to :data:`ALONE` files each have a store of their
own. Of more, small ones are packed: a hundred thousand stores would be slow to open. Where a pack ends depends on its
files' names, so that a new file changes no other pack.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...errors import UserError
from ...system.digests import file_digest, folder_digest
from ...system.untrusted import check_regular, unreadable
from .formats import SUFFIXES
from .safe_pickle import open_pickle

ALONE = 1000  # files of a folder that are not packed
_PACK = 1024  # files of a pack, on average
_LARGE, _FULL = 16 << 20, 256 << 20  # bytes of a file that is not packed, and of a pack that ends
_FORMAT = 2  # count up when stores change
_BLOCK, _BLOCKS = 1 << 14, 16  # bytes, samples of a file's content


class Source(NamedTuple):
    """The files of one store.

    Attributes:
        path: the file, or the folder.
        names: of the files, if it is a folder.
        place: hash of the path.
        state: hash of what the files look like.
    """

    path: Path
    names: tuple[str, ...]
    place: str
    state: str

    @property
    def files(self) -> list[Path]:
        return [self.path / name for name in self.names] or [self.path]


def file_source(path: str | os.PathLike[str]) -> Source:
    """A file, told by its path, size, time and samples of its content; a large one takes no longer than a small one.

    Raises:
        UserError: it cannot be read.
    """
    with open_pickle(path) as file:
        status = os.fstat(file.fileno())
        state = hashlib.sha256(f"{_FORMAT} {status.st_size} {status.st_mtime_ns}".encode())
        last = max(status.st_size - _BLOCK, 0)
        for i in range(_BLOCKS):
            file.seek(last * i // (_BLOCKS - 1))
            state.update(file.read(_BLOCK))
        return Source(Path(path), (), _place(path), state.hexdigest()[:16])


def folder_sources(folder: str | os.PathLike[str]) -> list[Source]:
    """The feature files of a folder in packs, each file told by its name, size and times; none is opened.

    Raises:
        UserError: there is no feature file, one is a link to somewhere outside the folder or no regular file, or the
            folder cannot be read.
    """
    folder = Path(folder)
    files = _look(folder)
    packs = [[file] for file in files] if len(files) <= ALONE else list(_packed(files))
    place = _place(folder)
    return [Source(folder, tuple(file.name for file in pack), place, _state(pack)) for pack in packs]


def features_digest(path: Path) -> str:
    """The digest of the content of a file, or of a folder's feature files, equal on every machine.

    Raises:
        UserError: something is wrong with the folder, as for :func:`folder_sources`.
    """
    if not path.is_dir():
        return file_digest(path)
    return folder_digest([path / file.name for file in _look(path)])


def unchanged(source: Source) -> bool:
    """Whether the files still look the same.

    Raises:
        UserError: one cannot be read any more.
    """
    if not source.names:
        return file_source(source.path) == source
    return _state([_looked_at(source.path, name) for name in source.names]) == source.state


class _File(NamedTuple):
    """A file of a folder; the time of the last change of its entry tells of a replacement as large and as old."""

    name: str
    size: int
    modified: int
    changed: int


def feature_files(folder: Path) -> list[str]:
    """The names of the feature files in a folder, in order. Hidden files and files with another ending are left out.

    Raises:
        UserError: the folder cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError as error:
        raise unreadable(folder, error) from None
    return sorted(name for name in names if name[0] != "." and os.path.splitext(name)[1] in SUFFIXES)


def _look(folder: Path) -> list[_File]:
    files = [_looked_at(folder, name) for name in feature_files(folder)]
    if not files:
        raise UserError(f"{folder}: holds no feature files; put files that end in {', '.join(SUFFIXES)} there")
    return files


def _looked_at(folder: Path, name: str) -> _File:
    path = os.path.join(folder, name)
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            if os.path.dirname(os.path.realpath(path)) != os.path.realpath(folder):
                raise UserError(f"{path}: is a link to somewhere outside the folder; copy the file there instead")
            status = os.stat(path)
    except OSError as error:
        raise unreadable(path, error) from None
    if not stat.S_ISREG(status.st_mode):
        check_regular(path)
    return _File(name, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _packed(files: list[_File]) -> Iterator[list[_File]]:
    pack, size = list[_File](), 0
    for file in files:
        if file.size >= _LARGE:
            yield [file]
            continue
        pack.append(file)
        size += file.size
        if size > _FULL or _number(file.name) % _PACK == 0:
            yield pack
            pack, size = [], 0
    if pack:
        yield pack


def _number(name: str) -> int:
    """A number that looks random; a checksum's last bits are alike for names that are alike."""
    return int.from_bytes(hashlib.blake2b(os.fsencode(name), digest_size=4).digest(), "little")


def _place(path: str | os.PathLike[str]) -> str:
    return hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16]


def _state(files: list[_File]) -> str:
    state = hashlib.sha256(f"{_FORMAT}".encode())
    for file in files:
        state.update(os.fsencode(file.name) + f"\0{file.size} {file.modified} {file.changed}\0".encode())
    return state.hexdigest()[:16]
