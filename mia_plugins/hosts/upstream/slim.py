"""Code of this package in a host's style: no annotations, docstrings without sections, statements on few lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

WIDTH = 120
SECTION = re.compile(r"\n\s*\n\s*(Args|Returns|Raises|Attributes|Example|Examples):\n|\n\s*\n\s*>>> |\n\s*>>> ")
Edit = tuple[int, int, bytes]  # from byte, to byte, what to put there


def slim(
    text: str, renames: Mapping[str, str] | None = None, unused: Collection[str] = (), never: Collection[str] = ()
) -> str:
    """A top-level statement as a patch has it; nothing else of its syntax tree changes.

    Args:
        text: the statement, with the comments above it.
        renames: name -> the name it has in the patch.
        unused: methods to leave out.
        never: arguments that are None by default and never given in a patch: they go, with what is done where they are.
    """
    raw = text.encode("utf-8")
    starts = [0, *(match.end() for match in re.finditer(rb"\n", raw))]
    tree = ast.parse(text)

    def place(line: int, column: int) -> int:
        return starts[line - 1] + column

    edits = [
        edit
        for node, parent in with_parents(tree)
        for edit in [
            *annotation_edits(node, parent, raw, place),
            *docstring_edits(node, text, place),
            *rename_edits(node, renames or {}, place),
            *unused_edits(node, parent, unused, place),
            *never_edits(node, never, raw, place),
        ]
    ]
    whole = [edit for edit in edits if not any(inside(edit, other) for other in edits)]
    for start, end, new in sorted(whole, reverse=True):
        raw = raw[:start] + new + raw[end:]
    return joined(raw.decode("utf-8").strip("\n"))


def inside(edit: Edit, other: Edit) -> bool:
    """Whether an edit lies within another."""
    return edit[:2] != other[:2] and other[0] <= edit[0] and edit[1] <= other[1]


def with_parents(tree: ast.AST) -> Iterator[tuple[Any, Any]]:
    """Every node with the node it is a part of."""
    for parent in ast.walk(tree):
        for node in ast.iter_child_nodes(parent):
            yield node, parent


def annotation_edits(node: Any, parent: Any, raw: bytes, place: Any) -> Iterator[Edit]:
    """Takes annotations off arguments, results and variables; fields of named tuples and dataclasses keep theirs."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from argument_edits(node.args, place)
        if node.returns is not None:
            arrow = raw.rindex(b"->", 0, place(node.returns.lineno, node.returns.col_offset))
            yield len(raw[:arrow].rstrip()), place(node.returns.end_lineno, node.returns.end_col_offset), b""
    if isinstance(node, ast.AnnAssign) and not (isinstance(parent, ast.ClassDef) and has_fields(parent)):
        start = place(node.target.end_lineno, node.target.end_col_offset)
        if node.value is not None:
            yield start, place(node.value.lineno, node.value.col_offset), b" = "
        else:  # says a type and nothing else
            yield place(node.lineno, 0), place(node.end_lineno, node.end_col_offset) + 1, b""


def argument_edits(arguments: ast.arguments, place: Any) -> Iterator[Edit]:
    """Of a function's arguments."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: dict[int, Any] = dict(zip(map(id, reversed(plain)), reversed(arguments.defaults)))
    defaults.update(zip(map(id, arguments.kwonlyargs), arguments.kw_defaults))
    for argument in [*plain, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]:
        if argument is None or argument.annotation is None:
            continue
        start = place(argument.lineno, argument.col_offset) + len(argument.arg.encode("utf-8"))
        default = defaults.get(id(argument))
        if default is None:
            yield start, place(argument.annotation.end_lineno, argument.annotation.end_col_offset), b""
        else:
            yield start, place(default.lineno, default.col_offset), b"="


def has_fields(node: ast.ClassDef) -> bool:
    """Whether a class' annotations are its fields."""
    words = [ast.unparse(part) for part in [*node.bases, *node.decorator_list]]
    return any("NamedTuple" in word or "dataclass" in word for word in words)


def docstring_edits(node: Any, text: str, place: Any) -> Iterator[Edit]:
    """Ends docstrings before their first section."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or ast.get_docstring(node) is None:
        return
    part = node.body[0]
    old = ast.get_source_segment(text, part) or ""
    cut = SECTION.search(old)
    if cut:
        new = old[: cut.start()].rstrip()
        ending = "\n" + " " * part.col_offset if "\n" in new else ""
        start, end = place(part.lineno, part.col_offset), place(part.end_lineno, part.end_col_offset)
        yield start, end, f'{new}{ending}"""'.encode()


def rename_edits(node: Any, renames: Mapping[str, str], place: Any) -> Iterator[Edit]:
    """Gives names the ones they have in the patch."""
    if isinstance(node, ast.Name) and node.id in renames:
        start = place(node.lineno, node.col_offset)
        yield start, start + len(node.id.encode("utf-8")), renames[node.id].encode("utf-8")
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.col_offset == 0 and node.name in renames:
        word = b"def " if isinstance(node, ast.FunctionDef) else b"class "
        start = place(node.lineno, len(word))
        yield start, start + len(node.name.encode("utf-8")), renames[node.name].encode("utf-8")


def unused_edits(node: Any, parent: Any, unused: Collection[str], place: Any) -> Iterator[Edit]:
    """Takes methods out, with the empty line above them."""
    if isinstance(parent, ast.ClassDef) and isinstance(node, ast.FunctionDef) and node.name in unused:
        before = parent.body[parent.body.index(node) - 1]
        yield place(before.end_lineno, before.end_col_offset), place(node.end_lineno, node.end_col_offset), b""


def never_edits(node: Any, never: Collection[str], raw: bytes, place: Any) -> Iterator[Edit]:
    """Takes out arguments, ``x=x`` in calls, and of ``a if x else b`` and ``a if x is None else b`` what is not so."""
    start, end = 0, 0
    if isinstance(node, ast.arguments):
        for argument, default in zip(node.kwonlyargs, node.kw_defaults):
            if argument.arg in never and default is not None:
                start = place(argument.lineno, argument.col_offset)
                yield with_comma(raw, start, place(default.end_lineno, default.end_col_offset))
    elif isinstance(node, ast.keyword) and node.arg in never and ast.unparse(node.value) == node.arg:
        yield with_comma(raw, place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset))
    elif isinstance(node, ast.IfExp):
        test = ast.unparse(node.test)
        kept = {**dict.fromkeys(never, node.orelse), **{f"{name} is None": node.body for name in never}}.get(test)
        if kept is not None:
            start, end = place(kept.lineno, kept.col_offset), place(kept.end_lineno, kept.end_col_offset)
            yield place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset), raw[start:end]


def with_comma(raw: bytes, start: int, end: int) -> Edit:
    """Takes out an argument with a comma: the one behind it, or if it is the last the one before."""
    behind = re.compile(rb"\s*,\s*").match(raw, end)
    if behind and raw[behind.end() : behind.end() + 1] != b")":
        return start, behind.end(), b""
    before = re.compile(rb",\s*\Z").search(raw[:start])
    return (before.start() if before else start), end, b""


def joined(text: str) -> str:
    """Every statement, and every head of one, on one line or its brackets' contents on one, where the width allows."""
    lines = text.split("\n")
    for first, last in sorted(heads(ast.parse(text)), reverse=True):
        part = lines[first:last]
        if len(part) < 2 or any("#" in line or '"""' in line for line in part):
            continue
        indent = part[0][: len(part[0]) - len(part[0].lstrip())]
        middle = one_line(part[1:-1])
        for new in ([one_line(part, indent)], [part[0], f"{indent}    {middle.removesuffix(',')}", part[-1]]):
            changed = [*lines[:first], *new, *lines[last:]]
            if len(new) < len(part) and all(len(line) <= WIDTH for line in new) and same(lines, changed):
                lines = changed
                break
    return "\n".join(lines)


def heads(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """First line, and the one behind the last, of every plain statement and every compound one's head."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            yield node.lineno - 1, (body[0].lineno - 1 if body else node.end_lineno or node.lineno)


def one_line(lines: list[str], indent: str = "") -> str:
    """Lines of one statement as one line."""
    text = ""
    for line in map(str.strip, lines):
        if text and line[:1] in (")", "]", "}"):
            text = text.removesuffix(",") + line
        else:
            text += line if not text or text[-1] in "([{" else f" {line}"
    return indent + text


def same(before: list[str], after: list[str]) -> bool:
    """Whether two texts have one syntax tree."""
    try:
        return ast.dump(ast.parse("\n".join(before))) == ast.dump(ast.parse("\n".join(after)))
    except SyntaxError:
        return False
