"""Tables and feature files of a simulated data set, complete or not there at all."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..system.files import make_folder
from .annotations import Annotations, Clip
from .layouts import Layout, Place
from .pickles import FeatureFile

MARKER = "simulated.json"  # in the folder of every simulated data set: the options it was made with


def write_data_set(
    folder: Path, annotations: Annotations, layout: Layout, features: Iterable[tuple[Clip, str, np.ndarray]]
) -> None:
    """Write the tables and feature files of every scope that has clips.

    Args:
        folder: an empty folder, the data path.
        annotations: the clips.
        layout: where they go.
        features: clip, modality and float32 ``(frames, width)``; each clip of the annotations once a modality.
    """
    scopes: list[tuple[Place, bool, bool]] = [(layout.in_scope, True, False)]
    if any(outside for _, outside in annotations.counts.values()):
        scopes.append((layout.out_of_scope, False, True))
        if layout.total:
            scopes.append((layout.total, True, True))
    for place, inside, outside in scopes:
        for split, clips in annotations.splits.items():
            rows = [clip.cells for clip in clips if (outside if clip.label is None else inside)]
            if rows:
                _write_table(folder / place.tables / f"{split}.tsv", [annotations.header, *rows])
    with ExitStack() as stack:
        files = {
            (place, name): stack.enter_context(FeatureFile(folder / place.features / f"{name}_data" / modality.file))
            for place, *_ in scopes
            for name, modality in layout.modalities.items()
        }
        for clip, name, values in features:
            for place, inside, outside in scopes:
                if outside if clip.label is None else inside:
                    files[place, name].add(clip.key, values, split_frames=layout.modalities[name].split_frames)


def _write_table(path: Path, rows: Iterable[Iterable[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(rows)


def check_target(folder: Path, *, force: bool) -> None:
    """Raise a UserError if ``folder`` is there, unless it is empty or ``force`` may replace an earlier simulation."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / MARKER).is_file():
        raise UserError(f"{folder}: exists already and is not a simulated data set; choose another folder")
    if not force:
        raise UserError(f"{folder}: exists already; choose another folder, or replace it with --force")


@contextmanager
def new_folder(folder: Path, record: Mapping[str, Any], *, force: bool) -> Iterator[Path]:
    """Yields an empty folder beside ``folder`` that takes its place at the end; at an error it goes.

    Args:
        folder: the one to make.
        record: the options, kept in :data:`MARKER`.
        force: an earlier simulated data set may be replaced.

    Raises:
        UserError: ``folder`` is there already, or cannot be written.
    """
    folder = folder.expanduser().resolve()
    check_target(folder, force=force)
    make_folder(folder.parent)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            made, old = Path(beside, "new"), Path(beside, "old")
            made.mkdir()
            yield made
            text = json.dumps(record, indent=1, ensure_ascii=False)
            (made / MARKER).write_text(text + "\n", encoding="utf-8")
            if folder.exists():
                os.rename(folder, old)
            try:
                os.rename(made, folder)
            except OSError:
                if old.exists():
                    os.rename(old, folder)
                raise
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror or error}); choose a folder with room and rights"
        ) from error
