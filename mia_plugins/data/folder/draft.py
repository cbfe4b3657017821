"""A first ``dataset.toml`` for a folder, from what is seen in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError, one_line, short
from ...system.files import whole_file
from ..dataset import DataRequest
from .annotations import Annotations, read_annotations
from .columns import ROLES, find_columns, unique
from .config import CONFIG, LENGTHS, FolderConfig, read_config
from .features import find_files, read_modality
from .splits import find_tables
from .tables import read_rows

OUT_OF_SCOPE = ("UNK", "OOS", "OOD", "oth", "out of scope", "out_of_scope", "unknown")
_LONGEST = 1_000_000  # frames
_TOKENS = 1.4  # a word has about so many


def write_draft(folder: Path) -> Path:
    """Writes the folder's ``dataset.toml``; one that is there stays as it is.

    Raises:
        UserError: it is there, the folder has no tables, or the file cannot be written.
    """
    path = folder / CONFIG
    if path.exists():
        raise UserError(f"{path}: is there already; edit it, or rename it first")
    text = draft(folder, read_config(folder))
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def draft(folder: Path, config: FolderConfig) -> str:
    """The configuration as text, with comments; what could not be made out is left for the user to fill in."""
    tables = find_tables(folder, config)
    first = next(iter(tables.values()))
    header = unique(key for row in read_rows(first)[:1000] for key in row.cells)
    try:
        found = read_annotations(folder, config)
        outside = next((label for label in found.target.labels if label in OUT_OF_SCOPE), None)
        if outside is not None:
            config = replace(config, out_of_scope=outside)
            found = read_annotations(folder, config)
    except UserError as error:
        return "\n".join([f"name = {quoted(config.name)}", f"# {one_line(error)}", *columns(header, {}), ""])
    lines = [
        f"name = {quoted(config.name)}  # in results",
        f"problem = {quoted(found.target.problem)}  # multi-class, multi-label (several labels a clip) or regression",
        f"labels = {json.dumps(list(found.target.labels), ensure_ascii=False)}  # in the order of their ids",
        f"out_of_scope = {quoted(config.out_of_scope)}  # the label of clips that have none of these labels"
        if config.out_of_scope
        else '# out_of_scope = "UNK"  # the label of clips that have none of these labels',
        "# seed = 0  # draws the splits where no file or column tells them",
        '# descriptions = "descriptions.json"  # {"label": ["a sentence", ...]}',
        *(f"# {line}" for line in found.assumed),
        *columns(header, find_columns(first, header, {})),
        "",
        "[max_lengths]  # tokens of a text and frames of a clip; what is beyond is cut",
        *(f"{name} = {length}" for name, length in lengths(folder, config, found).items()),
        "",
    ]
    return "\n".join(lines)


def columns(header: list[str], found: Mapping[str, Any]) -> list[str]:
    """The section of columns: those made out, and the others as comments."""
    lines = ["", f"[columns]  # of: {short(', '.join(header))}"]
    for role in ROLES:
        lines.append(f"{role} = {quoted(found[role])}" if role in found else f'# {role} = "..."')
    return lines


def lengths(folder: Path, config: FolderConfig, found: Annotations) -> dict[str, int]:
    """The lengths that 99 of 100 clips keep to; the usual ones of a modality that is not there."""
    words = [len(text.split()) for text in found.texts]
    result = {"text": int(np.percentile(words, 99) * _TOKENS) + 2}
    rows = [row.where for row in found.rows]
    for name, path in find_files(folder, config, DataRequest(str(folder))).items():
        result[name] = LENGTHS[name]
        if path is not None:
            frames = read_modality(path, found.keys, rows, modality=name, max_length=_LONGEST)
            result[name] = max(1, int(np.ceil(np.percentile(frames.lengths, 99))))
    return result


def quoted(text: Any) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)
