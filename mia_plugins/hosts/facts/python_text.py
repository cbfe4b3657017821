"""A host's Python files, read without running them."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from ...errors import UserError
from ...system.untrusted import read_bytes

LIMIT = 2 << 20  # bytes; the hosts' largest file has 40 kB


def parse(text: str, name: str) -> ast.Module:
    """The syntax tree of a file's text.

    Args:
        text: of the file.
        name: of the file, for the message.

    Raises:
        UserError: it is not Python, or nested too deeply for Python's own parser.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a host's escape sequences are none of the user's business here
            return ast.parse(text.lstrip("\ufeff"))
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        reason = f"{error.msg}{where}"
    except ValueError as error:  # a NUL byte, in Python up to 3.11
        reason = str(error)
    except (RecursionError, MemoryError):
        reason = "nested too deeply"
    raise UserError(f"{name}: is not valid Python ({reason}); finish a merge that is under way, or restore the file")


def parse_file(path: Path) -> ast.Module:
    """The syntax tree of a file.

    Raises:
        UserError: it cannot be read, or is not Python.
    """
    try:
        text = read_bytes(path, LIMIT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text; restore it") from error
    return parse(text, str(path))


def defined_names(tree: ast.Module) -> set[str]:
    """The names of functions, classes and variables at the top level."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def find_dictionary(tree: ast.Module, name: str) -> ast.Dict | None:
    """The dictionary literal assigned to a name at the top level; None where there is none.

    >>> sorted(dictionary_keys(find_dictionary(ast.parse("methods = {'a': A, 'b': B}"), "methods")))
    ['a', 'b']
    """
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    return node.value
    return None


def dictionary_keys(value: ast.Dict | None) -> list[str]:
    """The keys of a dictionary literal that are strings, in order."""
    keys = value.keys if value is not None else []
    return [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
