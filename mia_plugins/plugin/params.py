"""Finding a method's ``Param``, its hyper-parameters as the benchmarks have them: by data set, by name, or in a file."""

from __future__ import annotations

import importlib.util
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import UserError
from .method import Method
from .registry import run_file


def load_param(method: Method, dataset: str, config_file_name: str | None = None) -> Any:
    """The ``Param`` class for a run; None where the method's settings need none.

    Args:
        method: whose configs to look in.
        dataset: ``MIntRec2.0`` stands for the module ``<method>_MIntRec2``; a data set without a module of its own gets
            the module ``<method>``.
        config_file_name: another module of the method's configs (``.py`` may follow), or the path of a file.

    Raises:
        UserError: no such module, or no ``Param`` in it.
    """
    if config_file_name and Path(config_file_name).is_file():
        return param_of(run_file(config_file_name), config_file_name)
    if method.configs is None:
        if config_file_name:
            raise UserError(
                f"no config {config_file_name!r}: method {method.name} has none; give the path of a .py file"
            )
        return None
    if config_file_name:
        name = config_file_name[:-3] if config_file_name.endswith(".py") else config_file_name
    else:
        name = f"{method.name}_{dataset[:-2] if dataset.endswith('.0') else dataset}"
        if not exists(method.configs, name):
            name = method.name
    if not exists(method.configs, name):
        known = ", ".join(modules(method.configs))
        raise UserError(f"no config {name!r} for method {method.name}; known: {known}; or give the path of a .py file")
    return param_of(import_module(f"{method.configs}.{name}"), name)


def param_of(module: Any, name: str) -> Any:
    """The ``Param`` of a module."""
    if not isinstance(getattr(module, "Param", None), type):
        raise UserError(f"{name}: has no class Param")
    return module.Param


def exists(package: str, name: str) -> bool:
    """Whether a package has a module."""
    return name.isidentifier() and importlib.util.find_spec(f"{package}.{name}") is not None


def modules(package: str | None) -> list[str]:
    """A package's modules; none where there is no package."""
    if package is None:
        return []
    return [module.name for module in pkgutil.iter_modules(import_module(package).__path__)]
