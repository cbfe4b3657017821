"""Imports point downward only: floors of the house, from the ground up, and no circle between modules."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = [
    "errors",
    "system",
    "evaluation",
    "data",
    "plugin",
    "nn",
    "methods configs data_adapters",
    "training",
    "testing",
    "demo simulate",
    "runs",
    "report catalogue describe",
    "reproduce",
    "extract",
    "hosts",
    "cli __main__ __init__",
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms.split()}
LEAVES = ("methods", "configs", "data_adapters")


def module_name(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    parts = ["mia_plugins", *parts] if parts[0] in LEAVES else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_name(path): path
    for folder in ("mia_plugins", *LEAVES)
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "conftest" not in path.name
}


def imports(name, path):
    """The modules of this package that a module imports, wherever in it; what only a type checker sees is left out."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or id(node) in hidden:
            continue
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            inner = f"{source}.{alias.name}"
            target = inner if inner in FILES else source
            if target in FILES and target != name:
                yield target, node.lineno


def room(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@pytest.mark.parametrize("name", FILES)
def test_imports_point_downward(name):
    upward = [
        f"{FILES[name]}:{line} imports {target}"
        for target, line in imports(name, FILES[name])
        # the package's own __init__ is imported for its version alone, which needs nothing
        if target != "mia_plugins" and FLOOR[room(target)] > FLOOR[room(name)]
    ]
    assert not upward, "\n".join(upward)


def test_no_two_modules_import_each_other_in_a_circle():
    graph = {name: {target for target, _ in imports(name, path)} - {"mia_plugins"} for name, path in FILES.items()}
    done, path = set(), []

    def visit(name):
        if name in path:
            raise AssertionError(" -> ".join([*path[path.index(name) :], name]))
        if name not in done:
            path.append(name)
            for target in sorted(graph[name]):
                visit(target)
            path.pop()
            done.add(name)

    for name in graph:
        visit(name)


def test_every_room_has_a_floor():
    assert {room(name) for name in FILES} <= set(FLOOR)
