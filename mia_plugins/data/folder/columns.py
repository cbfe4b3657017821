"""Which column is which: by the names that people give them, or as ``dataset.toml`` says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import UserError, short

#: role -> usual names of its column, the likeliest first; case, spaces and dashes do not matter
ROLES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "utterance", "sentence", "transcript", "transcription", "raw_text", "caption"),
    "label": (
        *("label", "labels", "intent", "intention", "intents", "class", "category", "act", "dialogue_act", "da"),
        *("emotion", "emotions", "sentiment", "target", "annotation", "score", "valence", "arousal"),
    ),
    "key": (
        *("key", "id", "clip_id", "clip", "uid", "sample_id", "file", "filename", "file_name", "path", "name"),
        *("video_id", "utterance_id", "utt_id", "turn"),
    ),
    "split": ("split", "subset", "partition", "set", "mode"),
    "group": (),
    "dialogue": ("dialogue", "dialogue_id", "dialog", "dialog_id", "dia_id", "conversation", "conversation_id"),
    "turn": ("turn_id", "turn_number", "utterance_id", "utt_id", "turn"),
    "speaker": ("speaker", "speaker_id", "speaker_name"),
    "description": ("description", "label_description"),
}
#: what clips of one split may have in common where no ``group`` is named
GROUPS = ("group", *ROLES["dialogue"], "video", "video_id", "movie", "episode", *ROLES["speaker"])
NEEDED = ("text", "label")
PATTERN = re.compile(r"{([^{}]+)}")


def fold(name: str) -> str:
    """A column's name as it is compared.

    >>> fold(" Clip-ID ")
    'clip_id'
    """
    return re.sub(r"[\s_-]+", "_", name.strip()).casefold()


def find_columns(path: Path, header: Sequence[str], given: Mapping[str, Any], labelled: bool = True) -> dict[str, Any]:
    """The column of each role that a table has.

    Args:
        path: the table, for messages.
        header: its columns.
        given: role -> column as ``dataset.toml`` names it, or a list or a pattern of columns.
        labelled: whether there must be labels.

    Returns:
        Role -> the column as it is written in the header; for ``label`` perhaps a list, for ``key`` perhaps a pattern.

    Raises:
        UserError: two columns have one name, or a column that is needed or named is not there.
    """
    written: dict[str, str] = {}
    for name in header:
        if name and written.setdefault(fold(name), name) != name:
            raise UserError(f"{path}: columns {written[fold(name)]!r} and {name!r} have one name; rename one")
    columns: dict[str, Any] = {}
    for role, usual in ROLES.items():
        if role in given:
            columns[role] = named(path, role, given[role], written)
            continue
        taken = {columns.get("text"), *as_list(columns.get("label"))}
        fitting = [written[name] for name in usual if name in written and written[name] not in taken]
        if role == "turn" and "dialogue" not in columns:
            continue
        if fitting:
            columns[role] = fitting[0]
        elif role in NEEDED and (labelled or role != "label"):
            raise UserError(
                f"{path}: none of its columns ({short(', '.join(header))}) is called {role} or the like "
                f'({", ".join(usual[1:4])}); name one in dataset.toml: [columns] {role} = "..."'
            )
    if "group" not in columns:
        groups = [written[name] for name in GROUPS if name in written]
        columns.update({"group": groups[0]} if groups else {})
    return columns


def named(path: Path, role: str, column: Any, written: Mapping[str, str]) -> Any:
    """The column that ``dataset.toml`` names, as the header writes it."""
    if isinstance(column, list):
        return [named(path, role, each, written) for each in column]
    if role == "key" and PATTERN.search(column):
        parts = {part: named(path, role, part, written) for part in PATTERN.findall(column)}
        return PATTERN.sub(lambda match: f"{{{parts[match[1]]}}}", column)
    if fold(column) not in written:
        raise UserError(
            f"{path}: has no column {short(column)!r}, which dataset.toml names as {role}; "
            f"{close_match(column, list(written.values()))}"
        )
    return written[fold(column)]


def as_list(value: Any) -> list[Any]:
    """A value that may be one, several or none, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def close_match(word: str, known: Sequence[str]) -> str:
    """What may have been meant by a misspelt word.

    >>> close_match("lable", ["label", "text"]), close_match("x", ["label", "text"])
    ("did you mean 'label'?", 'known: label, text')
    """
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {short(', '.join(known))}"


def unique(values: Iterable[Any]) -> list[Any]:
    """The values without repetition, in their order."""
    return list(dict.fromkeys(values))
