"""Converting feature files: the frames of all their clips to one file of raw float32, and an entry for each clip."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from ...errors import UserError, short
from ...system.processes import no_bar
from ...system.untrusted import check_regular
from .formats import READERS, named_after, read_arrays_of
from .index import Entry
from .safe_pickle import load_plain, open_pickle
from .stream import Handle, NotStreamable, stream
from .writer import Writer

_LIMIT = 100  # times the source's size: few bytes can refer to the same frames again and again
_SHOWN = 1 << 20  # bytes of a pickle from which on there is a bar


def convert(path: str | os.PathLike[str], frames: Path) -> dict[str, Entry]:
    """Write the frames of all clips of the file ``path`` to the new file ``frames``, one clip in memory at a time.

    Raises:
        UserError: the file cannot be read or is a pickle of no dict, or ``frames`` cannot be written.
        OSError: ``frames`` cannot be written.
    """
    with _written(frames) as out:
        table, _ = _convert(path, out)
        if not isinstance(table, dict):
            kind = "ndarray" if type(table) is Handle else type(table).__name__
            raise UserError(f"{path}: holds a {kind}, not a dict of clip key -> frames; save it as a dict")
    return table


def convert_files(paths: Sequence[Path], frames: Path) -> tuple[dict[str, Entry], list[int]]:
    """Write the frames of all clips of several files, which may hold one clip each, to one new file.

    Returns:
        Clip key -> entry, and how many of them each file holds, in order.

    Raises:
        UserError: as :func:`convert`, or two files hold the same clip.
        OSError: ``frames`` cannot be written.
    """
    entries: dict[str, Entry] = {}
    holders: dict[str, Path] = {}
    counts: list[int] = []
    with _written(frames) as out:
        for path in paths:
            table, writer = _convert(path, out)
            for key, value in named_after(path, table):
                if key in entries:
                    raise held_twice(key, holders[key], path)
                entries[key] = value if isinstance(value, Entry) else writer.clip(writer.held(value))
                holders[key] = path
            counts.append(len(entries) - sum(counts))
    return entries, counts


def held_twice(key: str, path: Path, other: Path) -> UserError:
    """The error for two files of a folder that hold the same clip."""
    return UserError(f"clip {short(key)} is both in {path} and in {other}; remove it from one of them")


@contextmanager
def _written(frames: Path) -> Iterator[BinaryIO]:
    """Opens the new file ``frames``; what the block has written is on disk after it."""
    with open(frames, "w+b") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def _convert(path: str | os.PathLike[str], out: BinaryIO) -> tuple[object, Writer]:
    """Append a file's frames to ``out``.

    Returns:
        Key -> entry; if a pickle holds no dict, its value, whose arrays may be handles. And the writer.
    """
    check_regular(path)
    suffix, most = Path(path).suffix, os.path.getsize(path) * _LIMIT // 4
    if suffix not in READERS:
        return _convert_pickle(path, out, most)
    writer = Writer(
        path, out, most if suffix == ".pt" else math.inf
    )  # in the others no clip refers to another's frames
    return {key: writer.clip(writer.held(value)) for key, value in read_arrays_of(path)}, writer


def _convert_pickle(path: str | os.PathLike[str], out: BinaryIO, most: int) -> tuple[object, Writer]:
    with open_pickle(path) as source:
        start, size = out.tell(), os.fstat(source.fileno()).st_size
        name, hidden = f"converting {os.path.basename(path)}", True if size < _SHOWN else no_bar()
        with tqdm(total=size, desc=name, unit="B", unit_scale=True, leave=False, disable=hidden) as bar:
            writer = Writer(path, out, most, lambda: bar.update(source.tell() - bar.n))
            try:
                return stream(source, writer), writer
            except (NotStreamable, AttributeError, TypeError):  # or a handle was taken for the array it stands for
                out.seek(start)
                out.truncate()
    table, writer = load_plain(path), Writer(path, out, most)
    if not isinstance(table, dict):
        return table, writer
    seen = dict[int, Entry]()
    for value in table.values():  # one that has several keys is written once
        seen[id(value)] = seen.get(id(value)) or writer.clip(writer.held(value))
    return {key: seen[id(value)] for key, value in table.items()}, writer
