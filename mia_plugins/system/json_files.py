"""JSON files: written whole, and read as something that anybody may have written."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

from ..errors import UserError
from .files import whole_file

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
        UserError: it is no ordinary file, too large, no JSON, nested too deeply, no object, or a key is missing or of
            another type; one line that names the file.
    """
    try:
        value = json.loads(read_bytes(path, most_bytes).decode("utf-8-sig"))
    except FileNotFoundError:
        raise
    except RecursionError:
        raise UserError(f"{path}: cannot be read (nested too deeply)") from None
    except (OSError, ValueError, MemoryError) as error:
        reason = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())[:120]
        raise UserError(f"{path}: cannot be read ({reason or type(error).__name__})") from error
    if not isinstance(value, dict):
        raise UserError(f"{path}: holds {WORDS.get(type(value), 'a value')}, not an object")
    check_keys(path, value, keys or {})
    return value


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """A file's bytes; a pipe or a device, which may never end, is not opened."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("not an ordinary file")
    if found.st_size > most_bytes:
        raise ValueError(f"{found.st_size} bytes; {most_bytes} are the most")
    with open(path, "rb") as file:
        return file.read(most_bytes)


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
