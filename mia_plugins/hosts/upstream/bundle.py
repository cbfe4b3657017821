"""Several modules of this package as one file that imports none of them.

Starting from a module, every function, class and constant it needs is taken over as it is written, comments included,
in the order of the modules' imports. Internal imports go, external ones are merged at the top.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from .module_text import Module, Name, parse

LOCAL = ("methods", "backbones", "configs", "data", "evaluation", "losses", "ood_detection", "utils")  # a host's own
THIRD_PARTY = ("numpy", "scipy", "sentence_transformers", "sklearn", "torch", "tqdm", "transformers")


@dataclass
class Bundle:
    """Collects what a root module needs, and writes it.

    Args:
        root: the module to start from; all of it is taken.
        replace: definition -> the one to take for it; they need not have the same name.
        provided: definition -> the module of another file that already holds it.
        renamed: external module -> its name in the file, where a host has it elsewhere.
    """

    root: str
    replace: Mapping[Name, Name] = field(default_factory=dict)
    provided: Mapping[Name, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wanted: dict[str, set[int]] = {}  # module -> its definitions that are needed
        self.needs: dict[str, dict[str, None]] = {}  # module -> the modules it takes something from
        self.order: list[str] = []
        self.visited: set[str] = set()
        self.aliases: dict[str, dict[str, str]] = {}  # module -> its own name for something -> the name it has here
        self.imports: dict[str, Name] = {}
        self.holds: dict[str, Name] = {}  # every name of the file, and where it comes from
        for definition in parse(self.root).definitions:
            for bind in definition.binds:
                self.take((self.root, bind))
        self.sort(self.root)

    def take(self, name: Name) -> str:
        """Adds a definition and what it needs; returns its name in the file."""
        name = self.find(name)
        module, own = parse(name[0]), name[1]
        if name in self.provided:
            self.claim(own, (self.provided[name], own))
            self.imports[own] = (self.provided[name], own)
            return own
        self.claim(own, name)
        index = next(i for i, definition in enumerate(module.definitions) if own in definition.binds)
        chosen = self.wanted.setdefault(name[0], set())
        if index in chosen:
            return own
        chosen.add(index)
        for used in sorted(module.definitions[index].reads):
            if used in module.external:
                package, attribute = module.external[used]
                self.imports[used] = (self.renamed.get(package, package), attribute)
                self.claim(used, self.imports[used])
                continue
            inside = any(used in definition.binds for definition in module.definitions)
            if not inside and used not in module.internal:
                continue  # a local variable, or Python's own
            source = self.find((name[0], used) if inside else module.internal[used])
            target = self.take(source)
            if source not in self.provided and source[0] != name[0]:
                self.needs.setdefault(name[0], {})[source[0]] = None
            if target != used:
                self.aliases.setdefault(name[0], {})[used] = target
        return own

    def find(self, name: Name) -> Name:
        """The definition that a name stands for, through re-exports and replacements."""
        name = self.replace.get(name, name)
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

    def names(self) -> list[Name]:
        """Every definition in the file, to be ``provided`` to another."""
        return [
            (module, bind)
            for module, indices in self.wanted.items()
            for index in indices
            for bind in parse(module).definitions[index].binds
        ]

    def text(self) -> str:
        """The file."""
        summary = parse(self.root).summary
        end = "\n" if "\n" in summary else ""
        parts = [f'"""{summary}{end}"""', "from __future__ import annotations"]
        parts += import_blocks(self.imports)
        body = []
        for name in self.order:
            module = parse(name)
            if name != self.root:
                body.append(heading(module))
            body += [f"{own} = {there}" for own, there in sorted(self.aliases.get(name, {}).items())]
            body += [d.text for i, d in enumerate(module.definitions) if i in self.wanted[name]]
        return "\n\n".join(parts) + "\n\n" + spaced(body) + "\n"


def heading(module: Module) -> str:
    """The module's docstring as a comment above its part of the file."""
    lines = [part for line in module.summary.splitlines() for part in textwrap.wrap(line, 117) or [""]]
    title = f"# ---- {module.name.rpartition('.')[2]} "
    return "\n".join([title + "-" * (118 - len(title)), *(f"# {line}".rstrip() for line in lines)])


def spaced(parts: list[str]) -> str:
    """Joins the parts with two blank lines around functions, classes and headings, none between constants."""
    text = parts[0]
    for before, part in zip(parts, parts[1:]):
        if is_constant(before) and is_constant(part):
            gap = "\n"
        elif before.startswith("# ----") and is_constant(part):
            gap = "\n\n"
        else:
            gap = "\n\n\n"
        text += gap + part
    return text


def is_constant(part: str) -> bool:
    """Whether a part is an assignment."""
    body = ast.parse(part).body
    return bool(body) and isinstance(body[0], (ast.Assign, ast.AnnAssign))


def import_blocks(imports: Mapping[str, Name]) -> list[str]:
    """Import statements: the standard library, then packages, then the host, each sorted."""
    groups: dict[int, dict[str, list[str]]] = {}
    plain: dict[int, list[str]] = {}
    for own, (module, attribute) in imports.items():
        rank = 2 if module.split(".")[0] in LOCAL else 1 if module.split(".")[0] in THIRD_PARTY else 0
        if attribute:
            shown = attribute if own == attribute else f"{attribute} as {own}"
            groups.setdefault(rank, {}).setdefault(module, []).append(shown)
        else:
            plain.setdefault(rank, []).append(f"import {module}" + ("" if own == module else f" as {own}"))
    blocks = []
    for rank in sorted({*groups, *plain}):
        lines = sorted(plain.get(rank, []))
        for module, names in sorted(groups.get(rank, {}).items()):
            line = f"from {module} import {', '.join(sorted(names))}"
            inner = "".join(f"    {name},\n" for name in sorted(names))
            lines.append(line if len(line) <= 120 else f"from {module} import (\n{inner})")
        blocks.append("\n".join(lines))
    return blocks
