"""Small edits of somebody else's files: every byte but the edit stays, line endings too."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ...errors import UserError
from ..facts.python_text import find_dictionary, parse


class Text:
    """A file's lines; each keeps its own ending.

    Args:
        path: for error messages.
        raw: the file's bytes.

    Raises:
        UserError: it is not UTF-8.
    """

    def __init__(self, path: str, raw: bytes) -> None:
        self.path = path
        try:
            self.lines = raw.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: is not UTF-8 text; restore it (git checkout -- {path})") from error

    def bytes(self) -> bytes:
        """The file."""
        return "\n".join(self.lines).encode("utf-8")

    def insert(self, after: int, new: list[str]) -> None:
        """Puts lines behind line ``after`` (from 0; -1 for the top), with that line's ending."""
        if after + 1 < len(self.lines):
            ending = "\r" if self.lines[max(after, 0)].endswith("\r") else ""
            self.lines[after + 1 : after + 1] = [line + ending for line in new]
        else:  # behind a last line that has no ending
            ending = "\r" if len(self.lines) > 1 and self.lines[-2].endswith("\r") else ""
            self.lines[-1] += ending
            self.lines += [line + ending for line in new]
            self.lines[-1] = self.lines[-1][: len(self.lines[-1]) - len(ending)]

    def append(self, new: list[str]) -> None:
        """Puts lines at the end; a last line without an ending gets one."""
        ending = "\r" if len(self.lines) > 1 and self.lines[0].endswith("\r") else ""
        if self.lines[-1]:
            self.lines[-1] += ending
            self.lines.append("")
        self.lines[-1:] = [*(line + ending for line in new), ""]

    def insert_first(self, statement: str) -> None:
        """Puts a statement before the first one that runs: behind a docstring and ``__future__``."""
        rows = [-1]
        for i, node in enumerate(self.tree().body):
            docstring = i == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not docstring and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                break
            rows.append((node.end_lineno or node.lineno) - 1)
        if rows[-1] == -1 and self.lines[0].startswith("\ufeff"):
            self.lines[0], statement = self.lines[0][1:], "\ufeff" + statement
        self.insert(rows[-1], [statement])

    def tree(self) -> ast.Module:
        """The file as Python.

        Raises:
            UserError: it is not.
        """
        return parse("\n".join(self.lines), self.path)


def find_map(text: Text, name: str) -> ast.Dict:
    """The dictionary called ``name``.

    Raises:
        UserError: there is none.
    """
    value = find_dictionary(text.tree(), name)
    if value is None:
        raise UserError(f"{text.path}: defines no map {name}; check out a commit of the host that has it")
    return value


def add_entries(text: Text, name: str, entries: list[str]) -> None:
    """Adds entries such as ``'name': NAME`` at the end of a map, in its style."""
    value = find_map(text, name)
    if not value.values or value.end_lineno is None:
        raise UserError(f"{text.path}: the map {name} is empty; check out a commit of the host where it is not")
    last, key = value.values[-1], value.keys[-1]
    row, column = (last.end_lineno or last.lineno) - 1, last.end_col_offset or 0
    line = text.lines[row].encode("utf-8")
    before, after = line[:column].decode("utf-8"), line[column:].decode("utf-8")
    if row == value.end_lineno - 1:
        text.lines[row] = before + "".join(f", {entry}" for entry in entries) + after
        return
    rest = [after, *text.lines[row + 1 : value.end_lineno]]
    if not any("," in part.partition("#")[0] for part in rest):
        text.lines[row] = f"{before},{after}"
    start = text.lines[(key or last).lineno - 1]
    indent = start[: len(start) - len(start.lstrip())]
    text.insert(row, [f"{indent}{entry}," for entry in entries])


def add_import(text: Text, statement: str) -> None:
    """Adds an import behind the last one at the top level."""
    rows = [node.end_lineno or 0 for node in text.tree().body if isinstance(node, (ast.Import, ast.ImportFrom))]
    text.insert(max(rows, default=0) - 1, [statement])


def add_behind_last(text: Text, fits: Callable[[str], bool], line: str) -> bool:
    """Adds a line behind the last one that fits, indented as it is; says whether there was one."""
    for row in range(len(text.lines) - 1, -1, -1):
        if fits(text.lines[row]):
            start = text.lines[row]
            text.insert(row, [start[: len(start) - len(start.lstrip())] + line])
            return True
    return False
