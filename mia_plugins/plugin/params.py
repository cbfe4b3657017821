"""Finding a method's ``Param`` module: by data set, by name, or a file of one's own."""

from __future__ import annotations

import importlib.util
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import UserError
from .method import Method


def load_param(method: Method, dataset: str, config_file_name: str | None = None) -> Any:
    """The ``Param`` class for a run.

    Args:
        method: whose configs to look in.
        dataset: ``MIntRec2.0`` stands for the module ``<method>_MIntRec2``.
        config_file_name: another module of the method's configs (``.py`` may follow), or the path of a file.

    Raises:
        UserError: no such module, or no ``Param`` in it.
    """
    if config_file_name and Path(config_file_name).is_file():
        spec = importlib.util.spec_from_file_location("mia_plugins_user_config", config_file_name)
        if spec is None or spec.loader is None:
            raise UserError(f"{config_file_name}: is not a Python file")
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise UserError(f"{config_file_name}: cannot be run: {type(error).__name__}: {error}") from error
        return param_of(module, config_file_name)
    if config_file_name:
        name = config_file_name[:-3] if config_file_name.endswith(".py") else config_file_name
    else:
        name = f"{method.name}_{dataset[:-2] if dataset.endswith('.0') else dataset}"
        if not exists(method.configs, name):
            name = method.name  # a data set of one's own
    if not exists(method.configs, name):
        known = ", ".join(modules(method.configs))
        raise UserError(f"no config {name!r} for method {method.name}; known: {known}; or give the path of a .py file")
    return param_of(import_module(f"{method.configs}.{name}"), name)


def param_of(module: Any, name: str) -> Any:
    """The ``Param`` of a module."""
    if not hasattr(module, "Param"):
        raise UserError(f"{name}: has no class Param")
    return module.Param


def exists(package: str, name: str) -> bool:
    """Whether a package has a module."""
    return name.isidentifier() and importlib.util.find_spec(f"{package}.{name}") is not None


def modules(package: str) -> list[str]:
    """A package's modules."""
    import pkgutil

    return [module.name for module in pkgutil.iter_modules(import_module(package).__path__)]
