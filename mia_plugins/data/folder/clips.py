"""From a folder's annotated clips to clips with features."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ..clips import Clips, LoadedData
from ..dataset import DataRequest
from ..faults import is_collecting
from ..splits import Split, leaks
from .annotations import Annotations, read_annotations, read_keys, read_text
from .columns import find_columns, unique
from .config import CONFIG, FolderConfig
from .features import find_files, read_modality
from .splits import find_tables, split_of
from .tables import read_rows

logger = logging.getLogger("mia_plugins")


def read_clips(folder: Path, config: FolderConfig, request: DataRequest, max_lengths: Mapping[str, int]) -> LoadedData:
    """The clips of the splits that a request asks for.

    Raises:
        UserError: something is wrong with a file, row, label, clip or option.
    """
    found = read_annotations(folder, config)
    for line in found.assumed:
        logger.info(f"{config.name}: {line}")
    places = chosen_places(found, config, request)
    splits = {name: split_at(folder, found, rows) for name, rows in places.items()}
    warnings = leaks(splits)
    for warning in () if is_collecting() else warnings:
        logger.warning(warning)
    order = [i for rows in places.values() for i in rows]
    keys, rows = [found.keys[i] for i in order], [found.rows[i].where for i in order]
    frames, files = read_frames(folder, config, request, keys, rows, max_lengths)
    clips: dict[str, Clips] = {}
    start = 0
    for name, chosen in places.items():
        end = start + len(chosen)
        clips[name] = Clips(
            keys=keys[start:end],
            texts=splits[name].texts,
            label_ids=found.target.ids(chosen),
            video=frames["video"][start:end],
            audio=frames["audio"][start:end],
            dialogues=at(found.dialogues, chosen),
            turns=at(found.turns, chosen),
            speakers=at(found.speakers, chosen),
            rows=rows[start:end],
        )
        start = end
    return LoadedData(
        splits=clips,
        labels=found.target.labels,
        video_dim=getattr(frames["video"], "width", 1),
        audio_dim=getattr(frames["audio"], "width", 1),
        sources=(*found.tables, *files),
        warnings=warnings,
        problem=found.target.problem,
        descriptions=found.descriptions,
    )


def chosen_places(found: Annotations, config: FolderConfig, request: DataRequest) -> dict[str, list[int]]:
    """The rows of every split that is asked for, out-of-scope ones as splits of their own.

    Raises:
        UserError: a split has no clips, or there is no out-of-scope label.
    """
    places = {name: found.places(name, in_scope=True) for name in request.names}
    outside = [name for name in request.names if (request.test_ood if name == "test" else request.train_ood)]
    if outside and config.out_of_scope is None:
        raise UserError(
            f"{config.path.parent}: no label is out of scope; leave --train_ood and --test_ood out, or name it in "
            f'{CONFIG}: out_of_scope = "..."'
        )
    places.update({f"ood_{name}": found.places(name, in_scope=False) for name in outside})
    for name, rows in places.items():
        if not rows:
            what = f"out-of-scope ({config.out_of_scope}) " if name.startswith("ood_") else ""
            raise UserError(f"{config.path.parent}: {name.replace('ood_', '')} has no {what}clips; add some")
    return places


def split_at(folder: Path, found: Annotations, rows: Sequence[int]) -> Split:
    """Some clips as a split that can be compared with others."""
    split = Split(folder, folder, [found.keys[i] for i in rows], [found.texts[i] for i in rows])
    split.rows.extend(found.rows[i].where for i in rows)
    return split


def read_frames(
    folder: Path,
    config: FolderConfig,
    request: DataRequest,
    keys: Sequence[str],
    rows: Sequence[str],
    max_lengths: Mapping[str, int],
) -> tuple[dict[str, Any], list[Path]]:
    """The frames of the clips by modality, and the files they are in."""
    files = find_files(folder, config, request)
    frames = {
        name: read_modality(path, keys, rows, modality=name, max_length=max_lengths[name])
        for name, path in files.items()
    }
    return frames, [path for path in files.values() if path is not None]


def at(values: Sequence[Any] | None, places: Sequence[int]) -> list[Any] | None:
    """The values at some places; None if there are no values."""
    return None if values is None else [values[i] for i in places]


def read_unlabelled(folder: Path, config: FolderConfig, request: DataRequest, max_lengths: Mapping[str, int]) -> Clips:
    """The clips of a split, or all where nothing tells the splits; labels need not be there.

    Raises:
        UserError: something is wrong with a file, row, clip or option.
    """
    name = request.names[0]
    tables = find_tables(folder, config)
    if name not in tables and "all" not in tables:
        raise UserError(f"{folder}: has no {name} table; choose another --split")
    path = tables.get(name) or tables["all"]
    rows = read_rows(path)
    columns = find_columns(path, unique(key for row in rows for key in row.cells), config.columns, labelled=False)
    if name not in tables and "split" in columns:
        rows = [row for row in rows if split_of(str(row.cells.get(columns["split"]))) == name]
    if not rows:
        raise UserError(f"{path}: has no {name} clips; choose another --split")
    keys = read_keys(rows, columns.get("key"), [""] * len(rows))
    texts = [read_text(row, columns["text"]) for row in rows]
    frames, _ = read_frames(folder, config, request, keys, [row.where for row in rows], max_lengths)
    return Clips(keys, texts, np.full(len(rows), -1, np.int64), frames["video"], frames["audio"])
