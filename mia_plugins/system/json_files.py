"""JSON files: written whole, and read as untrusted input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

from ..errors import UserError
from .files import whole_file
from .untrusted import read_bytes

MOST_BYTES = 16 << 20  # more than any of our own files but clips.json needs
Kinds = Mapping[str, Union[type, tuple[type, ...]]]
WORDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def write_json(path: Path, value: Any) -> None:
    """A JSON file, written whole."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")


def read_object(path: Path, keys: Kinds | None = None, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """The object in a JSON file that may be damaged or hostile.

    Args:
        path: of the file.
        keys: what the object must have, and of which type; bool is no int, and an int is a float.
        most_bytes: the largest file that is read.

    Raises:
        FileNotFoundError: there is no such file.
        UserError: it is not an ordinary file, too large, not JSON, nested too deeply, not an object, or a key is missing or
            of another type; one line that names the file.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    value = read_json(path, most_bytes=most_bytes)
    if not isinstance(value, dict):
        raise UserError(f"{path}: holds {WORDS.get(type(value), 'a value')}, not an object")
    check_keys(path, value, keys or {})
    return value


def read_json(path: Path, remedy: str = "", most_bytes: int = MOST_BYTES) -> Any:
    """The value in a JSON file that may be damaged or hostile.

    Args:
        path: of the file.
        remedy: what the user should do where it is damaged.
        most_bytes: the largest file that is read.

    Raises:
        UserError: it cannot be read, is too large, not JSON, or nested too deeply; one line that names the file.
    """
    end = f"; {remedy}" if remedy else ""
    try:
        return json.loads(read_bytes(path, most_bytes).decode("utf-8-sig"))
    except RecursionError:
        raise UserError(f"{path}: cannot be read (nested too deeply){end}") from None
    except (ValueError, MemoryError) as error:
        words = " ".join(str(error).split())[:120] or type(error).__name__
        raise UserError(f"{path}: cannot be read ({words}){end}") from error


def check_keys(path: Path, value: Mapping[str, Any], keys: Kinds) -> None:
    """See :func:`read_object`."""
    for key, kinds in keys.items():
        if key not in value:
            raise UserError(f"{path}: lacks {key!r}")
        if not is_a(value[key], kinds):
            words = " or ".join(WORDS[kind] for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
            raise UserError(f"{path}: {key!r} should be {words}")


def is_a(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """Whether a value is of one of some types, as JSON counts.

    >>> is_a(True, int), is_a(1, float), is_a(None, (int, type(None)))
    (False, True, True)
    """
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if isinstance(value, bool):
        return bool in kinds
    return isinstance(value, kinds) or (float in kinds and isinstance(value, int))
