"""Several modules of this package and of a method's as one file that imports none of them.

Starting from a module, every function, class and constant it needs is taken over, in the order of the modules' imports,
its syntax tree as it is but for what :mod:`.slim` leaves out. Internal imports go, external ones are merged at the top.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ...errors import UserError
from .module_text import Module, Name, is_internal, parse
from .slim import WIDTH, slim

LOCAL = ("methods", "backbones", "configs", "data", "evaluation", "losses", "ood_detection", "utils")  # a host's own
KEPT = re.compile(r"__\w+__|_.*|forward|loss|vim")  # methods that somebody outside the file calls
PARTS = "mia_plugins.nn."  # parts for any method: which may not need all of each


@dataclass
class Bundle:
    """Collects what a root module needs, and writes it.

    Args:
        root: the module to start from; all of it is taken.
        more: other definitions to take, for another file.
        replace: definition -> the one to take for it, here or in another package (``("", name)``: of Python's own).
        provided: definition -> the module of another file that already holds it.
        modules: external module -> its name in the file, where a host has it elsewhere.
        names: name of a definition -> its name in the file.
        never: module -> arguments of its functions that nothing in the file gives.
    """

    root: str
    more: Collection[Name] = ()
    replace: Mapping[Name, Name] = field(default_factory=dict)
    provided: Mapping[Name, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[Name, str] = field(default_factory=dict)
    never: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wanted: dict[str, set[int]] = {}  # module -> its definitions that are needed
        self.needs: dict[str, dict[str, None]] = {}  # module -> the modules it takes something from
        self.order: list[str] = []
        self.visited: set[str] = set()
        self.renames: dict[str, dict[str, str]] = {}  # module -> its own name for something -> the name it has here
        self.imports: dict[str, Name] = {}
        self.holds: dict[str, Name] = {}  # every name of the file, and where it comes from
        for definition in parse(self.root).definitions:
            for bind in definition.binds:
                self.take((self.root, bind))
        for name in self.more:
            self.take(name)
            self.needs.setdefault(self.root, {})[self.find(name)[0]] = None
        self.sort(self.root)

    def take(self, name: Name) -> str:
        """Adds a definition and what it needs; returns its name in the file.

        Raises:
            UserError: it imports something of this package's inside a function.
        """
        name = self.find(name)
        if not is_internal(name[0]):
            return self.take_external(name[1], name)
        module, shown = parse(name[0]), self.names.get(name, name[1])
        if name in self.provided:
            return self.take_external(shown, (self.provided[name], shown))
        self.claim(shown, name)
        index = next(i for i, definition in enumerate(module.definitions) if name[1] in definition.binds)
        chosen = self.wanted.setdefault(name[0], set())
        if index in chosen:
            return shown
        chosen.add(index)
        if module.definitions[index].inner_import:
            where = f"{name[0]}, line {module.definitions[index].inner_import}"
            raise UserError(f"{where}: a patch cannot have an import inside a function; move it to the module's top")
        if shown != name[1]:
            self.renames.setdefault(name[0], {})[name[1]] = shown
        for used in sorted(module.definitions[index].reads):
            if used in module.external:
                self.take_external(used, module.external[used])
                continue
            inside = any(used in definition.binds for definition in module.definitions)
            if not inside and used not in module.internal:
                continue  # a local variable, or Python's own
            source = self.find((name[0], used) if inside else module.internal[used])
            target = self.take(source)
            if is_internal(source[0]) and source not in self.provided and source[0] != name[0]:
                self.needs.setdefault(name[0], {})[source[0]] = None
            if target != used:
                self.renames.setdefault(name[0], {})[used] = target
        return shown

    def take_external(self, shown: str, source: Name) -> str:
        """Adds an import of what another package or file holds; returns its name in the file."""
        if source[0]:
            self.imports[shown] = (self.modules.get(source[0], source[0]), source[1])
            self.claim(shown, self.imports[shown])
        return shown

    def find(self, name: Name) -> Name:
        """The definition that a name stands for, through re-exports and replacements."""
        name = self.replace.get(name, name)
        if not is_internal(name[0]):
            return name
        module = parse(name[0])
        if any(name[1] in definition.binds for definition in module.definitions):
            return name
        if name[1] in module.internal:
            return self.find(module.internal[name[1]])
        raise ValueError(f"{name[0]} has no {name[1]} to bundle")

    def claim(self, name: str, source: Name) -> None:
        """Notes that the file holds a name.

        Raises:
            ValueError: it already holds another thing of that name.
        """
        if self.holds.setdefault(name, source) != source:
            raise ValueError(f"two things called {name}: {self.holds[name]} and {source}")

    def sort(self, module: str) -> None:
        """Puts a module behind those it needs, into the order of the file."""
        if module in self.visited:
            return
        self.visited.add(module)
        for needed in self.needs.get(module, ()):
            self.sort(needed)
        self.order.append(module)

    def definitions(self) -> list[Name]:
        """Every definition in the file, to be ``provided`` to another."""
        return [
            (module, bind)
            for module, indices in self.wanted.items()
            for index in indices
            for bind in parse(module).definitions[index].binds
        ]

    def sources(self) -> list[str]:
        """Every definition in the file, as it stands in its module."""
        return [d.text for name in self.order for i, d in enumerate(parse(name).definitions) if i in self.wanted[name]]

    def attributes(self) -> set[str]:
        """Every attribute that the file's code reads."""
        trees = map(ast.parse, self.sources())
        return {part.attr for tree in trees for part in ast.walk(tree) if isinstance(part, ast.Attribute)}

    def text(self, summary: str, attributes: Collection[str], headings: bool = True) -> str:
        """The file.

        Args:
            summary: its docstring.
            attributes: every attribute read in this file or in another: methods of no use are left out.
            headings: say above each module's part what it is.
        """
        body = []
        for name in self.order:
            module = parse(name)
            parts = [d for i, d in enumerate(module.definitions) if i in self.wanted[name]]
            if headings and name != self.root and sum(not is_constant(part.text) for part in parts) > 1:
                body.append(heading(module))
            for part in parts:
                unused = unused_methods(part.text, attributes) if name.startswith(PARTS) else ()
                body.append(slim(part.text, self.renames.get(name), unused, self.never.get(name, ())))
        future = ["from __future__ import annotations"] * any(has_union(part) for part in body)  # for Python 3.9
        return "\n\n".join([f'"""{summary}"""', *future, *import_blocks(self.imports)]) + f"\n\n\n{spaced(body)}\n"


def has_union(text: str) -> bool:
    """Whether an annotation that is left says ``a | b``, which Python 3.10 is the first to compute."""
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.AnnAssign))
    return any(isinstance(part, ast.BitOr) for node in nodes for part in ast.walk(node.annotation))


def unused_methods(text: str, attributes: Collection[str]) -> list[str]:
    """Methods of a class that nothing calls."""
    node = ast.parse(text).body[0]
    methods = [part.name for part in getattr(node, "body", ()) if isinstance(part, ast.FunctionDef)]
    return [name for name in methods if name not in attributes and not KEPT.fullmatch(name)]


def heading(module: Module) -> str:
    """The first sentence of a module's docstring, as a comment above its part of the file."""
    return "\n".join(f"# {line}" for line in textwrap.wrap(re.split(r"[.;] |\n\n", module.summary)[0], WIDTH - 2))


def spaced(parts: list[str]) -> str:
    """Joins the parts with two blank lines around functions and classes, none between constants or behind a heading."""
    text = parts[0]
    for before, part in zip(parts, parts[1:]):
        together = is_constant(before) and is_constant(part)
        text += ("\n" if together or not ast.parse(before).body else "\n\n\n") + part
    return text


def is_constant(part: str) -> bool:
    """Whether a part is an assignment."""
    body = ast.parse(part).body
    return bool(body) and isinstance(body[0], (ast.Assign, ast.AnnAssign))


def import_blocks(imports: Mapping[str, Name]) -> list[str]:
    """Import statements: the standard library, then packages, then the host, each sorted."""
    standard = getattr(sys, "stdlib_module_names", ())  # Python 3.9 has no list of them: one block more or less
    groups: dict[int, dict[str, list[str]]] = {}
    plain: dict[int, list[str]] = {}
    for shown, (module, attribute) in imports.items():
        top = module.split(".")[0]
        rank = 2 if top in LOCAL or module.startswith(".") else 0 if top in standard else 1
        if attribute:
            word = attribute if shown == attribute else f"{attribute} as {shown}"
            groups.setdefault(rank, {}).setdefault(module, []).append(word)
        else:
            plain.setdefault(rank, []).append(f"import {module}" + ("" if shown == module else f" as {shown}"))
    blocks = []
    for rank in sorted({*groups, *plain}):
        lines = sorted(plain.get(rank, []))
        for module, names in sorted(groups.get(rank, {}).items()):
            lines.append(f"from {module} import {', '.join(sorted(names))}")
        blocks.append("\n".join(lines))
    return blocks
