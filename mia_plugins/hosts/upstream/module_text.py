"""The text of this package's modules, found and taken apart without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

PACKAGE = "mia_plugins"
Name = tuple[str, str]  # a module and what it defines


def source_path(module: str) -> Path:
    """The file of a module such as ``mia_plugins.methods.amess.model``, in a checkout or installed.

    Raises:
        ValueError: there is no such module.
    """
    parts = module.split(".")
    # these packages only say where their parts lie; what is below them may be heavy to import
    top = import_module(".".join(parts[: 2 if len(parts) > 2 else 1]))
    rest = parts[2:] if len(parts) > 2 else parts[1:]
    for folder in map(Path, top.__path__):
        for path in (folder.joinpath(*rest).with_suffix(".py"), folder.joinpath(*rest, "__init__.py")):
            if path.is_file():
                return path
    raise ValueError(f"no module {module}")


def read_source(module: str) -> str:
    """The text of a module."""
    return source_path(module).read_text(encoding="utf-8")


def is_package(module: str) -> bool:
    """Whether a module is a package's ``__init__``."""
    return source_path(module).name == "__init__.py"


@dataclass(frozen=True)
class Definition:
    """One top-level statement: the names it binds and reads, and its text with the comments above it."""

    binds: tuple[str, ...]
    reads: frozenset[str]
    text: str


@dataclass(frozen=True)
class Module:
    """A module's definitions in order; ``internal`` and ``external`` say what its imported names stand for."""

    name: str
    summary: str
    definitions: tuple[Definition, ...]
    internal: Mapping[str, Name]
    external: Mapping[str, Name]  # a module and, if it is imported as a whole, an empty name


@cache
def parse(name: str) -> Module:
    """Reads a module of this package.

    Raises:
        ValueError: it holds a statement that cannot be moved to another file.
    """
    text = read_source(name)
    lines = text.splitlines()
    package = name if is_package(name) else name.rpartition(".")[0]
    internal: dict[str, Name] = {}
    external: dict[str, Name] = {}
    definitions = []
    end = 0
    body = ast.parse(text).body
    for i, node in enumerate(body):
        start, end = end, node.end_lineno or node.lineno
        if i == 0 and isinstance(node, ast.Expr):
            continue  # the docstring
        if isinstance(node, ast.ImportFrom):
            source = absolute(node, package)
            for alias in node.names:
                target = internal if source.split(".")[0] == PACKAGE else external
                if source != "__future__":
                    target[alias.asname or alias.name] = (source, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                external[alias.asname or alias.name] = (alias.name, "")
        else:
            binds = tuple(bound(node))
            if not binds:
                raise ValueError(f"{name}, line {node.lineno}: a statement that defines nothing cannot be bundled")
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom) and absolute(inner, package).split(".")[0] == PACKAGE:
                    raise ValueError(f"{name}, line {inner.lineno}: an internal import inside a function")
            definitions.append(Definition(binds, frozenset(read(node)), "\n".join(lines[start:end]).strip("\n")))
    summary = (ast.get_docstring(ast.parse(text)) or "").strip()
    return Module(name, summary, tuple(definitions), internal, external)


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The full name of the module that an import names."""
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def bound(node: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def read(node: ast.AST) -> Iterator[str]:
    """Names that a statement reads, and the first part of dotted ones."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id
