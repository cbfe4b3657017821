"""``dataset.toml``: what a folder says of itself where the usual names do not."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import UserError, short
from ...system.json_files import WORDS, is_a
from ...system.untrusted import is_regular, read_bytes
from ..places import leaves_folder
from ..problem import Problem
from .columns import ROLES, close_match

CONFIG = "dataset.toml"
PROBLEMS = ("multi-class", "multi-label", "regression")
FILES = ("train", "dev", "test", "video", "audio")
LENGTHS = {"text": 64, "video": 256, "audio": 512}
_NAME = re.compile(r"\w[\w.+ -]{0,59}")
_KEYS: dict[str, Any] = {
    "name": str,
    "problem": str,
    "labels": list,
    "out_of_scope": str,
    "separator": str,
    "seed": int,
    "descriptions": str,
    "columns": dict,
    "max_lengths": dict,
    "files": dict,
}


@dataclass(frozen=True)
class FolderConfig:
    """What ``dataset.toml`` says; see docs/data.md.

    Attributes:
        path: the file; it may not be there.
        name: the data set's name; the folder's if the file says none.
        problem: what is learned; None: what the labels look like.
        labels: the in-scope labels in the order of their ids; empty: those of the tables, sorted.
        out_of_scope: the label of out-of-scope clips; None: there are none.
        separator: between several labels of a clip; None: the usual ones, if they occur.
        seed: draws a split where the tables have none, and nothing else; each training sees the same one.
        descriptions: JSON file of the labels' descriptions; None: ``descriptions.json`` if it is there.
        columns: role -> column, list of columns, or for ``key`` a pattern such as ``dia{Dialogue}_utt{Utterance}``.
        max_lengths: tokens of a text, frames of video and audio.
        files: ``train``, ``dev``, ``test``, ``video``, ``audio`` -> file or folder inside this folder.
    """

    path: Path
    name: str
    problem: Problem | None = None
    labels: tuple[str, ...] = ()
    out_of_scope: str | None = None
    separator: str | None = None
    seed: int = 0
    descriptions: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    max_lengths: Mapping[str, int] = field(default_factory=lambda: dict(LENGTHS))
    files: Mapping[str, str] = field(default_factory=dict)


def read_config(folder: Path) -> FolderConfig:
    """The configuration of a folder.

    Raises:
        UserError: its ``dataset.toml`` cannot be read, or has an unknown key or a wrong value; names the key.
    """
    path = folder / CONFIG
    values = read_toml(path) if is_regular(path) else {}
    check_known(path, values, _KEYS)
    name = values.get("name", folder.resolve().name or "folder")
    if not _NAME.fullmatch(name):
        raise UserError(f"{path}: name {short(name)!r} should be letters, digits, '.', '-', '_'; set name = \"...\"")
    if values.get("problem", PROBLEMS[0]) not in PROBLEMS:
        raise UserError(f"{path}: problem {short(values['problem'])!r} is unknown; write one of {', '.join(PROBLEMS)}")
    labels = values.get("labels", [])
    if not all(isinstance(label, str) and label for label in labels) or len(set(labels)) < len(labels):
        raise UserError(f"{path}: labels should be a list of distinct texts; correct it")
    columns, files = values.get("columns", {}), values.get("files", {})
    check_known(path, columns, dict.fromkeys(ROLES, (str, list)), "columns")
    for role, column in columns.items():
        if isinstance(column, list) and (role != "label" or not all(isinstance(each, str) for each in column)):
            raise UserError(f"{path}: columns.{role} should be the name of one column; only label takes several")
    check_known(path, files, dict.fromkeys(FILES, str), "files")
    for key, value in {**files, "descriptions": values.get("descriptions", "")}.items():
        if leaves_folder(value):
            raise UserError(f"{path}: {key} = {short(value)!r} lies outside the folder; copy it in and give its name")
    lengths = {**LENGTHS, **values.get("max_lengths", {})}
    check_known(path, lengths, dict.fromkeys(LENGTHS, int), "max_lengths")
    for key, length in lengths.items():
        if not 0 < length <= 1_000_000:
            raise UserError(f"{path}: max_lengths.{key} = {length} should be from 1 to 1,000,000; correct it")
    given = {key: value for key, value in values.items() if key not in ("name", "labels", "max_lengths")}
    return FolderConfig(path, name, labels=tuple(labels), max_lengths=lengths, **given)


def read_toml(path: Path) -> dict[str, Any]:
    """The table in a TOML file.

    Raises:
        UserError: it cannot be read, or is no TOML; the message has the line.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is not TOML ({' '.join(str(error).split())[:150]}); correct it") from None


def check_known(path: Path, values: Mapping[str, Any], kinds: Mapping[str, Any], section: str = "") -> None:
    """Every key must be known and its value of the key's type."""
    start = f"{section}." if section else ""
    for key, value in values.items():
        if key not in kinds:
            raise UserError(f"{path}: unknown key {short(start + key)!r}; {close_match(key, list(kinds))}")
        if not is_a(value, kinds[key]):
            wanted = kinds[key] if isinstance(kinds[key], tuple) else (kinds[key],)
            raise UserError(f"{path}: {start}{key} should be {' or '.join(WORDS[kind] for kind in wanted)}; correct it")
