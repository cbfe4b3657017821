"""Files of label descriptions: sentences that say what a label means, read as untrusted input.

A file is ``{label: [sentence, ...]}``, or ``{"about": {...}, "descriptions": {label: [sentence, ...]}}`` as ``mia-plugins
describe`` writes it, where ``about`` says how the sentences were made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError, short
from ..system.untrusted import read_bytes

# Spellings of papers and of common speech, folded to the data sets' own.
VARIANTS = {
    "apologize": "apologise",
    "criticise": "criticize",
    "emphasise": "emphasize",
    "ask for opinions": "asking for opinions",
    "asking for help": "ask for help",
}


def fold_label(label: str) -> str:
    """Returns the key under which a label is matched: case, spaces and the known spelling variants are ignored.

    >>> fold_label("Ask  for Opinions") == fold_label("Asking for opinions")
    True
    """
    key = " ".join(label.split()).casefold()
    return VARIANTS.get(key, key)


def read_descriptions(path: str | Path) -> dict[str, list[str]]:
    """The descriptions in a JSON file, in either of the two forms.

    Args:
        path: of the file.

    Returns:
        ``{label: [sentence, ...]}`` in the file's spelling and order.

    Raises:
        UserError: the file cannot be read, is not JSON, or holds anything but labels with their sentences.
    """
    text = read_text(path)
    try:
        table = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}: not valid JSON ({error.msg}); correct it") from error
    except RecursionError:
        raise UserError(f"{path}: not valid JSON (nested too deeply); correct it") from None
    except ValueError as error:
        raise UserError(f"{path}: {error}; keep one") from error
    if isinstance(table, dict) and isinstance(table.get("descriptions"), dict):
        table = table["descriptions"]
    if not isinstance(table, dict):
        raise UserError(f"{path}: holds a {type(table).__name__}; an object {{label: [description, ...]}} is needed")
    for label, texts in table.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
            raise UserError(f"{path}: the label '{label}' needs a list of descriptions, each a non-empty string")
    return table


def match_descriptions(
    table: Mapping[str, Sequence[str]], labels: Sequence[str], count: int | None, path: str | Path
) -> list[list[str]]:
    """The descriptions of every label, or the first of them.

    Args:
        table: label -> descriptions; a label's spelling may differ as :func:`fold_label` allows.
        labels: those wanted.
        count: descriptions for each of them; None: all there are.
        path: where the table comes from, for messages.

    Returns:
        ``len(labels)`` lists of strings, in the order of ``labels``.

    Raises:
        UserError: a label is missing, there twice, or has fewer than ``count`` descriptions.
    """
    spelling: dict[str, str] = {}
    for label in table:
        twin = spelling.setdefault(fold_label(label), label)
        if twin != label:
            raise UserError(f"{path}: '{twin}' and '{label}' are the same label; join their descriptions")
    result = []
    for label in labels:
        if fold_label(label) not in spelling:
            raise UserError(f"{path}: no descriptions for the label '{label}'; add {count or 'some'}")
        texts = table[spelling[fold_label(label)]]
        if count is not None and len(texts) < count:
            raise UserError(f"{path}: the label '{label}' has {len(texts)} descriptions, {count} are needed; add more")
        result.append(list(texts[:count]))
    return result


def read_text(path: str | Path) -> str:
    """A text file, with or without a byte-order mark.

    Raises:
        UserError: it cannot be read, or is not UTF-8.
    """
    try:
        return read_bytes(Path(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text; save it as UTF-8") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Builds a JSON object; a key given twice would otherwise lose its first value silently."""
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the label '{short(twice)}' is there twice")
    return table
