"""Finding methods and data sets by name: registered in this process, built in, or in installed packages' entry points."""

from __future__ import annotations

import difflib
import importlib.util
import os
import sys
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ..data.dataset import DataSet, lacking
from ..data.folder.dataset import Folder
from ..errors import UserError
from ..system.untrusted import check_regular
from .builtin import BUILTIN
from .method import Method

METHOD_GROUP, DATASET_GROUP = BUILTIN
WORDS = {METHOD_GROUP: "method", DATASET_GROUP: "data set"}
DEFAULT_METHOD, DEFAULT_DATASET = (next(iter(BUILTIN[group])) for group in BUILTIN)

_registered: dict[str, dict[str, Any]] = {group: {} for group in BUILTIN}


def register(plugin: Any) -> None:
    """Makes a method or a data set known to this process under its name, as an entry point would.

    The same name may be registered again (a notebook's cell is run again) and goes before an installed one.

    Raises:
        UserError: it is neither a method nor a data set.
    """
    for group in BUILTIN:
        if is_plugin(group, plugin):
            _registered[group][plugin.name] = plugin
            return
    raise UserError(f"{plugin!r:.80} is neither a Method nor a data set{absent(plugin)}")


def is_plugin(group: str, thing: Any) -> bool:
    """Whether a thing is a method, or has all members of a data set."""
    return isinstance(thing, Method) if group == METHOD_GROUP else not lacking(thing)


def absent(thing: Any) -> str:
    """What a thing that may be meant as a data set lacks, in brackets; empty for anything else."""
    members = lacking(thing)
    if isinstance(thing, type) and hasattr(thing, "read"):
        return " (it is a class; give an instance)"
    return f" (it lacks {', '.join(members)})" if hasattr(thing, "read") and members else ""


def names(group: str) -> dict[str, str]:
    """Every name of a group, with the ``module:object`` behind it; empty for one registered in this process.

    Raises:
        UserError: two packages use one name.
    """
    known = dict(BUILTIN[group])
    points: Any = entry_points()
    # Python 3.9 has a mapping, later versions a selection
    for point in points.select(group=group) if hasattr(points, "select") else points.get(group, []):
        if known.setdefault(point.name, point.value) != point.value:
            raise UserError(
                f"two packages register {point.name!r} under {group}: {known[point.name]} and {point.value}; "
                "uninstall or rename one"
            )
    return {**known, **dict.fromkeys(_registered[group], "")}


def find_method(name: str | Method) -> Method:
    """A method, given by name, by the path of a Python file that holds one, or as itself; see :func:`find`."""
    return find(METHOD_GROUP, name)


def find_dataset(name: str | DataSet) -> DataSet:
    """A data set, given by name, by the path of its folder or of a Python file that holds one, or as itself.

    See :func:`find`. A folder's path ends in a slash or has one in it, unless no data set has this name.
    """
    return find(DATASET_GROUP, name)


def find(group: str, name: Any) -> Any:
    """The plugin registered under a name, in a file, or given as it is; the last two are registered.

    Raises:
        UserError: the name is unknown, the file has no such plugin, or its package cannot be imported.
    """
    word = WORDS[group]
    name = os.fspath(name) if isinstance(name, os.PathLike) else name
    if not isinstance(name, str):
        if not is_plugin(group, name):
            raise UserError(f"{word} {name!r:.60} is neither a name nor a {word}{absent(name)}")
        register(name)
        return name
    if name.endswith(".py"):
        plugin = load_file(name, group)
        register(plugin)
        return plugin
    if name in _registered[group]:
        return _registered[group][name]
    known = names(group)
    if group == DATASET_GROUP and is_folder(name) and name not in known:
        plugin = Folder(name)
        register(plugin)
        return plugin
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        files = "a Python file or a folder" if group == DATASET_GROUP else "a Python file"
        raise UserError(
            f"unknown {word} {name[:60]!r}; {hint}known: {', '.join(sorted(known))}; or give the path of {files}"
        )
    module, _, attribute = known[name].partition(":")
    try:
        plugin = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"{name!r} is registered as {known[name]}, which cannot be imported: {error}") from error
    if not is_plugin(group, plugin):
        raise UserError(f"{name!r} is registered as {known[name]}, which is no {word}{absent(plugin)}")
    return plugin


def is_folder(name: str) -> bool:
    """Whether there is a folder of this name."""
    try:
        return os.path.isdir(name)
    except ValueError:  # a NUL in it
        return False


def load_file(path: str, group: str) -> Any:
    """The one plugin of a group in a Python file.

    Raises:
        UserError: there is no such file, it cannot be run, or it holds none or several.
    """
    values = {id(value): value for value in vars(run_file(path)).values()}.values()
    plugins = [value for value in values if is_plugin(group, value)]
    if len(plugins) != 1:
        close = [value for value in values if absent(value) and not isinstance(value, type)]
        nearly = f"; its {type(close[0]).__name__} is none{absent(close[0])}" if close else ""
        found = f"{len(plugins)} {WORDS[group]}s" if plugins else f"no {WORDS[group]}"
        raise UserError(f"{path}: holds {found}; it should define one{nearly if group == DATASET_GROUP else ''}")
    return plugins[0]


def run_file(path: str) -> Any:
    """The module that a Python file makes.

    Raises:
        UserError: it cannot be read or run; names the line that failed.
    """
    check_regular(path)
    file = Path(path).resolve()
    name = f"mia_plugins_file_{file.stem}_{abs(hash(file)):x}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UserError(f"{path}: is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        raise failed(file, error) from error
    return module


def failed(file: Path, error: BaseException) -> UserError:
    """What the user reads when the code in one of their files fails: the file, its line, and the error."""
    reason = " ".join(str(error).split())[:200]
    what = "it ends the program" if isinstance(error, SystemExit) else type(error).__name__
    return UserError(f"{file}{line_of(error, file)}: {what}{f': {reason}' if reason else ''}")


def line_of(error: BaseException, file: Path) -> str:
    """The last line of a file that an error came through, such as ``, line 3``."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f", line {error.lineno}"
    line, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(file):
            line = frame.tb_lineno
        frame = frame.tb_next
    return "" if line is None else f", line {line}"
