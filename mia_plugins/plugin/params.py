"""Finding a method's ``Param``, its hyper-parameters as the benchmarks have them: by data set, by name, or in a file."""

from __future__ import annotations

import argparse
import importlib.util
import pkgutil
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from easydict import EasyDict

from ..errors import UserError, short
from ..system.untrusted import is_regular, read_bytes
from .method import Method
from .registry import failed, run_file

_executed: dict[str, tuple[bytes, Any]] = {}  # path of a user's file -> its content and its module


def load_param(method: Method, dataset: str, config_file_name: str | None = None, again: bool = True) -> Any:
    """The ``Param`` class for a run; None where the method's settings need none.

    Args:
        method: whose configs to look in.
        dataset: ``MIntRec2.0`` stands for the module ``<method>_MIntRec2``, ``MELD-DA`` for ``<method>_MELD_DA``; a data
            set without a module of its own gets the module ``<method>``.
        config_file_name: another module of the method's configs (``.py`` may follow), or the path of a file.
        again: execute a file although this process has; false where a run looks at its file a second time.

    Raises:
        UserError: no such module, or no ``Param`` in it.
    """
    if config_file_name and is_regular(Path(config_file_name)):
        return param_of(executed(config_file_name, again), config_file_name)
    if method.configs is None:
        if config_file_name:
            raise UserError(
                f"no config {short(config_file_name)!r}: method {method.name} has none; give the path of a .py file"
            )
        return None
    if config_file_name:
        name = config_file_name[:-3] if config_file_name.endswith(".py") else config_file_name
    else:
        name = f"{method.name}_{dataset[:-2] if dataset.endswith('.0') else dataset}".replace("-", "_")
        if not exists(method.configs, name):
            name = method.name
    if not exists(method.configs, name):
        known = ", ".join(modules(method.configs))
        raise UserError(
            f"no config {short(name)!r} for method {method.name}; known: {known}; or give the path of a .py file"
        )
    return param_of(import_module(f"{method.configs}.{name}"), name)


def executed(path: str, again: bool) -> Any:
    """The module of a user's file."""
    content, (before, module) = read_bytes(Path(path)), _executed.get(path, (b"", None))
    if again or module is None or content != before:
        module = run_file(path)
        _executed[path] = content, module
    return module


def param_of(module: Any, name: str) -> Any:
    """The ``Param`` of a module."""
    if not isinstance(getattr(module, "Param", None), type):
        raise UserError(f"{name}: has no class Param")
    return module.Param


def hyper_parameters(param: Any, options: argparse.Namespace) -> dict[str, Any]:
    """The ``hyper_param`` of a ``Param``, as the benchmark reads it.

    Raises:
        UserError: it cannot be made, or is not a dictionary by name; says which line of the file failed.
    """
    place = place_of(param)
    ours = ("set", "assignments", "given")  # a benchmark's options have nothing like these
    args = EasyDict({name: value for name, value in vars(options).items() if name not in ours})
    try:
        values = getattr(param(args), "hyper_param", None)
    except (Exception, SystemExit) as error:
        raise failed(place, error) from error
    if not isinstance(values, Mapping) or not all(isinstance(key, str) for key in values):
        raise UserError(f"{place}: Param(args).hyper_param should be a dictionary of hyper-parameters by name")
    return dict(values)


def place_of(param: Any) -> Path:
    """The file of a ``Param``."""
    return Path(getattr(sys.modules.get(param.__module__), "__file__", None) or param.__module__)


def exists(package: str, name: str) -> bool:
    """Whether a package has a module."""
    return name.isidentifier() and importlib.util.find_spec(f"{package}.{name}") is not None


def modules(package: str | None) -> list[str]:
    """A package's modules; none where there is no package."""
    if package is None:
        return []
    return [module.name for module in pkgutil.iter_modules(import_module(package).__path__)]
