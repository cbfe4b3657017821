"""Digests of values, files and folders, equal on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

END, BLOCK, BLOCKS = 1 << 20, 1 << 16, 64  # of a large file: bytes at either end, and of the blocks in between
SHARD_END, SHARD_BLOCK, SHARD_BLOCKS = 1 << 14, 1 << 12, 4  # the same of a file of a folder
MOST_FILES = 4096  # of a folder that are opened


def digest(value: Any) -> str:
    """The digest of plain values.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path, end: int = END, block: int = BLOCK, blocks: int = BLOCKS) -> str:
    """The digest of a file: whole up to 6 MiB; of a larger one its size, its first and last MiB, and 64 blocks between.

    Feature files and weights have many GB; two that differ at all differ nearly everywhere.

    Args:
        path: the file.
        end: bytes that are read at either end.
        block, blocks: bytes and number of the blocks in between.
    """
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        hashed = hashlib.sha256(str(size).encode())
        file.seek(0)
        if size <= 2 * end + block * blocks:
            hashed.update(file.read())
            return hashed.hexdigest()
        hashed.update(file.read(end))
        for number in range(blocks):
            file.seek(end + (size - 2 * end) * number // blocks)
            hashed.update(file.read(block))
        file.seek(size - end)
        hashed.update(file.read())
        return hashed.hexdigest()


def folder_digest(paths: Sequence[Path]) -> str:
    """The digest of a folder's files, of which there may be a hundred thousand.

    Names and sizes of all files count, and the content of up to 4,096 of them, evenly spaced: 48 KiB of each.

    Args:
        paths: the files, in order.
    """
    step = max(1, -(-len(paths) // MOST_FILES))
    parts = [file_digest(path, SHARD_END, SHARD_BLOCK, SHARD_BLOCKS) for path in paths[::step]]
    return digest([[(ascii(path.name), path.stat().st_size) for path in paths], parts])


def content(text: Any) -> Any:
    """A value as it enters a digest: the path of a file or folder by what is in it, anything else as it is."""
    path = Path(text) if isinstance(text, str) and text else None
    if path is None or not path.exists():
        return text
    if path.is_file():
        return file_digest(path)
    return [(file.name, file_digest(file)) for file in sorted(path.iterdir()) if file.is_file()]
