"""Label descriptions, the positives and negatives of semantic synchronization (section II-C, Eq. 15).

The bundled ``descriptions.json`` holds definitions written for this project. The paper's own, listed in its appendix
"Result of prompting", can be read from the paper's text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from mia_plugins.data.descriptions import match_descriptions, read_descriptions, read_text
from mia_plugins.errors import UserError

BUNDLED = Path(__file__).with_suffix(".json")
APPENDIX_SIZES = {"MIntRec": 20, "MIntRec2.0": 30}  # labels in each section of the appendix
_HEADING = re.compile(r"(?:and )?in mintrec(2\.0)?(?: \[\d+\])?:", re.IGNORECASE)
_ENTRY = re.compile(r"(\d+)\. +(\D+?):? +(1\. .*)")


def load_descriptions(
    labels: Sequence[str],
    path: str | Path | None = None,
    count: int = 3,
    *,
    dataset: str | None = None,
    given: Mapping[str, Sequence[str]] | None = None,
) -> list[list[str]]:
    """Returns the descriptions of every label, in the order of the labels.

    >>> [len(texts) for texts in load_descriptions(["Thank", "Apologize"], count=2)]
    [2, 2]

    Args:
        labels: the data set's labels, without the out-of-scope one.
        path: a ``.json`` file (see :mod:`mia_plugins.data.descriptions`), or a ``.txt`` or ``.md`` file holding the paper's
            appendix; the bundled descriptions if None.
        count: descriptions for each label; the first ones are taken.
        dataset: which section of the appendix to read, "MIntRec" or "MIntRec2.0"; other files have no sections.
        given: those that the data set brings, taken if no path is given and they describe every label; a label with
            fewer than ``count`` has its own repeated.

    Returns:
        A list of ``len(labels)`` lists of ``count`` strings.

    Raises:
        UserError: if the file cannot be read, lacks a label, or has fewer than ``count`` descriptions for one.
    """
    if count < 1:
        raise UserError(f"{count} descriptions per label: at least 1 is needed")
    if path is None and given is not None and all(given.get(label) for label in labels):
        return [list(islice(cycle(given[label]), count)) for label in labels]
    path = BUNDLED if path is None else Path(path)
    if path.suffix.lower() == ".json":
        table = read_descriptions(path)
    elif path.suffix.lower() in (".txt", ".md"):
        if dataset not in APPENDIX_SIZES:
            raise UserError(f"{path}: has no section for the data set {dataset}; name {' or '.join(APPENDIX_SIZES)}")
        table = import_appendix(path)[dataset]
    else:
        raise UserError(f"{path}: descriptions are read from .json, .txt or .md files; rename or convert it")

    return match_descriptions(table, labels, count, path)


def import_appendix(path: str | Path) -> dict[str, dict[str, list[str]]]:
    """Reads the label descriptions listed in the text of the paper's appendix.

    Args:
        path: the text of the paper, with or without Markdown.

    Returns:
        ``{"MIntRec": {label: [description, ...]}, "MIntRec2.0": {...}}`` in the appendix's spelling and order.

    Raises:
        UserError: if a section, an entry or a numbered list is missing or cut short.
    """
    sections: dict[str, dict[str, Any]] = {}
    open_entry: dict[str, Any] | None = None
    name = None
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        line = " ".join(re.sub(r"[*\\#]", "", line).split())  # Markdown's emphasis and headings
        heading, entry = _HEADING.fullmatch(line), _ENTRY.fullmatch(line)
        if heading:
            name, open_entry = f"MIntRec{heading[1] or ''}", None
            if name in sections:
                raise UserError(f"{path}:{number}: a second section {name}; keep one")
            sections[name] = {"line": number, "entries": []}
        elif entry and name:
            open_entry = {"line": number, "rank": int(entry[1]), "label": entry[2], "text": entry[3]}
            sections[name]["entries"].append(open_entry)
        elif line and open_entry:
            open_entry["text"] += " " + line  # a list wrapped over several lines
        else:
            open_entry = None
    for name in APPENDIX_SIZES:
        if name not in sections:
            raise UserError(f"{path}: no section 'In {name}:'; give the paper's text, appendix included")
    return {name: _section(path, name, **sections[name]) for name in APPENDIX_SIZES}


def _section(path: str | Path, name: str, line: int, entries: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Checks the entries found below the heading in ``line`` and splits their lists."""
    table: dict[str, list[str]] = {}
    for rank, entry in enumerate(entries, start=1):
        where = f"{path}:{entry['line']}"
        if entry["rank"] != rank:
            raise UserError(f"{where}: entry {rank} of section {name} is missing before '{entry['label']}'")
        if entry["label"] in table:
            raise UserError(f"{where}: the label '{entry['label']}' is there twice in section {name}; keep one")
        table[entry["label"]] = _numbered_list(where, entry["label"], entry["text"])
    if len(entries) != APPENDIX_SIZES[name]:
        raise UserError(
            f"{path}:{entries[-1]['line'] if entries else line}: section {name} ends after {len(entries)} labels, "
            f"{APPENDIX_SIZES[name]} are needed; restore the original text"
        )
    longest = max(len(texts) for texts in table.values())
    for entry in entries:
        if len(table[entry["label"]]) < longest:
            raise UserError(
                f"{path}:{entry['line']}: the list of '{entry['label']}' ends after {len(table[entry['label']])} "
                f"of {longest} descriptions; restore the rest"
            )
    return table


def _numbered_list(where: str, label: str, text: str) -> list[str]:
    """Splits ``1. First. 2. Second.`` into its items; a last item without a full stop was cut off."""
    parts = re.split(r"(?:^| )(\d+)\.(?: |$)", text)[1:]
    numbers, items = [int(part) for part in parts[::2]], [part.strip() for part in parts[1::2]]
    if numbers != list(range(1, len(numbers) + 1)):
        raise UserError(f"{where}: the list of '{label}' is numbered {numbers}, not from 1 up; correct the numbers")
    if not items[-1].endswith((".", "!", "?")) or not all(items):
        raise UserError(f"{where}: the list of '{label}' is cut short; end each item with a full stop")
    return items
