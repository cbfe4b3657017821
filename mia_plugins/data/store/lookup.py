"""Finding clips by key in the stores of a file or folder, of which only one's index is in memory at a time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .build import held_twice
from .cache import open_stores


@dataclass(frozen=True, eq=False)
class Places:
    """Where the wanted clips are.

    Attributes:
        frames: the files of frames.
        stores: int32 (wanted,), the index of each clip's file in ``frames``; -1: the clip is in none.
        index: int64 (wanted, 5): offset, frames, width, bad, fault_at; see :class:`~mia_plugins.data.store.index.Entry`.
        faults: number of a wanted clip -> what is wrong with it.
        names: names of the folder's feature files; none if it is a file.
        sources: int32 (wanted,), the index of each clip's feature file in ``names``.
    """

    frames: list[Path]
    stores: np.ndarray
    index: np.ndarray
    faults: dict[int, str]
    names: list[str]
    sources: np.ndarray


def find_clips(path: str | os.PathLike[str], wanted: Mapping[str, int]) -> Places:
    """Find clips by key.

    Args:
        path: a feature file, or a folder of them.
        wanted: clip key -> its number, from 0 on.

    Raises:
        UserError: the features cannot be read or converted, or two files of the folder hold the same clip.
    """
    stores, sources = np.full(len(wanted), -1, np.int32), np.zeros(len(wanted), np.int32)
    places = Places([], stores, np.zeros((len(wanted), 5), np.int64), {}, [], sources)
    hashes = []
    for source, store in open_stores(path):
        hashes.append(np.fromiter(map(hash, store.rows), np.int64, len(store.rows)))
        numbers = np.fromiter((wanted.get(key, -1) for key in store.rows), np.int64, len(store.rows))
        rows = np.flatnonzero(numbers >= 0)
        numbers = numbers[rows]
        stores[numbers] = len(places.frames)
        places.index[numbers] = store.index[rows]
        sources[numbers] = len(places.names) + np.repeat(np.arange(len(store.counts)), store.counts)[rows]
        places.faults.update(
            (int(n), store.faults[row]) for n, row in zip(numbers, rows.tolist()) if row in store.faults
        )
        places.frames.append(store.frames)
        places.names.extend(source.names)
    every = np.concatenate(hashes)
    if len(np.unique(every)) < len(every):
        _refuse_twice(path)
    return places


def _refuse_twice(path: str | os.PathLike[str]) -> None:
    """Raises a UserError if two files hold the same clip, and not only clips with the same hash."""
    holders: dict[str, Path] = {}
    for source, store in open_stores(path):
        for row, key in enumerate(store.rows):
            file = source.files[int(np.searchsorted(np.cumsum(store.counts), row, side="right"))]
            if key in holders:
                raise held_twice(key, holders[key], file)
            holders[key] = file
