"""The text of this package's modules, found and taken apart without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from .slim import slim

PACKAGE = "mia_plugins"
Name = tuple[str, str]  # a module and what it defines
_others: set[str] = set()  # packages of plugins
_texts: dict[str, str] = {}  # modules that are in no file


def is_internal(module: str) -> bool:
    """Whether a module is this package's or a plugin's, and its code goes into the patch."""
    return module.split(".")[0] in {PACKAGE, *_others}


def add_package(module: str) -> None:
    """Makes a plugin's top-level package one whose code goes into the patch."""
    _others.add(module.split(".")[0])


def add_text(module: str, text: str) -> None:
    """Makes a module of a text that is in no file."""
    _texts[module] = text
    parse.cache_clear()


def source_path(module: str) -> Path:
    """The file of a module such as ``mia_plugins.methods.amess.model``; what is above it is imported, it is not.

    Raises:
        ValueError: there is no such module.
    """
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no module {module}")
    return Path(spec.origin)


def read_source(module: str) -> str:
    """The text of a module."""
    return _texts[module] if module in _texts else source_path(module).read_text(encoding="utf-8")


def is_package(module: str) -> bool:
    """Whether a module is a package's ``__init__``."""
    return module not in _texts and source_path(module).name == "__init__.py"


@dataclass(frozen=True)
class Definition:
    """One top-level statement: the names it binds and, in a patch, reads; its text with the comments above it.

    ``inner_import`` is the line of an import of this package's in a function, which a patch cannot have; 0: none.
    """

    binds: tuple[str, ...]
    reads: frozenset[str]
    text: str
    inner_import: int = 0


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
    """Reads a module of this package or of a plugin's."""
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
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            imported = node.body  # annotations of fields may need them
        else:
            imported = [node] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
        for each in imported:
            if isinstance(each, ast.ImportFrom):
                source = absolute(each, package)
                for alias in each.names:
                    target = internal if is_internal(source) else external
                    if source != "__future__":
                        target[alias.asname or alias.name] = (source, alias.name)
            elif isinstance(each, ast.Import):
                external.update({alias.asname or alias.name: (alias.name, "") for alias in each.names})
        if imported:
            continue
        binds = tuple(bound(node))
        if not binds:
            continue  # does something, such as registering a plugin, that a patch has no use for
        inner = [each.lineno for each in ast.walk(node) if isinstance(each, ast.ImportFrom) and of_ours(each, package)]
        part = "\n".join(lines[start:end]).strip("\n")
        definitions.append(Definition(binds, frozenset(read(ast.parse(slim(part)))), part, inner[0] if inner else 0))
    summary = (ast.get_docstring(ast.parse(text)) or "").strip()
    return Module(name, summary, tuple(definitions), internal, external)


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The full name of the module that an import names."""
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def of_ours(node: ast.ImportFrom, package: str) -> bool:
    """Whether an import is of a module whose code goes into the patch."""
    return is_internal(absolute(node, package))


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
