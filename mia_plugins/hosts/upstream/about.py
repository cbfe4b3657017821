"""What a method says of itself for a contribution: a module ``upstream`` in its package, all of it optional."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from ...errors import UserError
from ...plugin.method import Method
from .module_text import Name, add_package


@dataclass(frozen=True)
class About:
    """A method as a contribution.

    Args:
        method: the plugin.
        build: where the function is that builds the model; ``upstream.build``, or ``Method.build``.
        hooks: ``prepare``, ``optimizer``, ``manager`` -> where it is, for those that the method has; as ``build``.
        title: the paper's title, or the method's name (``TITLE``).
        name: the method's name for people (``NAME``).
        paper: address of the paper (``PAPER``).
        venue: where it appeared, and when (``VENUE``).
        requirements: package -> the lowest version that will do (``REQUIREMENTS``).
        references: pattern of what is taken out of docstrings and comments (``REFERENCES``).
        files: makes the files beside the network from the benchmark's labels (``files``).
        text: what the letter says of the method, in Markdown: ``upstream.md`` beside the module.
    """

    method: Method
    build: Name
    hooks: Mapping[str, Name]
    title: str
    name: str
    paper: str = ""
    venue: str = ""
    requirements: Mapping[str, str] = field(default_factory=dict)
    references: str = ""
    files: Callable[[Sequence[str]], Mapping[str, str]] = lambda labels: {}
    text: str = ""


def about(method: Method) -> About:
    """What is known of a method.

    Raises:
        UserError: its code cannot be taken over.
    """
    module = upstream_module(method)
    values = vars(module) if module is not None else {}
    hooks = {name: values.get(name, getattr(method, name)) for name in ("prepare", "optimizer", "manager")}
    text = Path(str(values["__file__"])).with_suffix(".md") if values else None
    return About(
        method=method,
        build=place(method, "build", values.get("build", method.build)),
        hooks={name: place(method, name, hook) for name, hook in hooks.items() if hook is not None},
        title=values.get("TITLE", method.label),
        name=values.get("NAME", method.label),
        paper=values.get("PAPER", ""),
        venue=values.get("VENUE", ""),
        requirements=values.get("REQUIREMENTS", {}),
        references=values.get("REFERENCES", ""),
        files=values.get("files", lambda labels: {}),
        text=text.read_text(encoding="utf-8").strip() if text is not None and text.is_file() else "",
    )


def upstream_module(method: Method) -> ModuleType | None:
    """The module ``upstream`` of a method's package; None where it has none."""
    package = method.build.__module__
    if not hasattr(import_module(package), "__path__"):
        package = package.rpartition(".")[0]
    name = f"{package}.upstream"
    return import_module(name) if package and find_spec(name) is not None else None


def place(method: Method, what: str, thing: Any) -> Name:
    """Module and name of a function or class of a method's.

    Raises:
        UserError: it is not defined at the top level of a module.
    """
    name = getattr(thing, "__qualname__", "")
    if not (inspect.isfunction(thing) or inspect.isclass(thing)) or not name.isidentifier():
        raise UserError(f"method {method.name}: its {what} must be a function or class at the top level of a module")
    add_package(thing.__module__)
    return thing.__module__, name
