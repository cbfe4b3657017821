"""What makes two runs the same run: digests of their data and of the source code behind them."""

from __future__ import annotations

import hashlib
import inspect
import marshal
import sys
from pathlib import Path
from typing import Any

import mia_plugins

from ..data.dataset import DataRequest, DataSet
from ..data.store.sources import features_digest
from ..plugin.method import Method
from ..system.digests import digest

# what a result depends on; a change to any other part of this package repeats no run
CORE = ("data", "evaluation", "nn", "plugin", "runs", "training", "system/devices.py", "system/processes.py")


def data_digest(dataset: DataSet, request: DataRequest) -> str:
    """A digest of the files that a run reads.

    Raises:
        UserError: the data set is not there.
    """
    return digest([features_digest(path) for path in dataset.files(request)])


def code_digest(method: Method, dataset: DataSet) -> str:
    """A digest of the source that a result depends on: the core's, the data set's and the method's."""
    core = Path(mia_plugins.__file__).parent
    files = {f"core/{path.relative_to(core).as_posix()}": text(path) for each in CORE for path in sources(core / each)}
    for part, objects in (("data set", dataset.code), ("method", [method.settings, method.build])):
        for each in objects:
            files.update({f"{part}/{name}": content for name, content in code_of(each).items()})
    return digest([(name, hashlib.sha256(content).hexdigest()) for name, content in sorted(files.items())])


def code_of(thing: Any) -> dict[str, bytes]:
    """The source behind a class or function: its package's files, its file, or what a notebook has defined so far."""
    module = sys.modules.get(getattr(thing, "__module__", "") or "")
    file = getattr(module, "__file__", None)
    if file is None:
        defined = [each for each in vars(module).values() if is_defined_in(each, module)] if module else [thing]
        return {each.__qualname__: object_source(each) for each in defined}
    path = Path(file)
    if getattr(module, "__package__", ""):
        return {each.relative_to(path.parent).as_posix(): text(each) for each in sources(path.parent)}
    return {path.name: text(path)}


def is_defined_in(thing: Any, module: Any) -> bool:
    """Whether it is a class or function of this module."""
    return (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__ == module.__name__


def object_source(thing: Any) -> bytes:
    """The source of a class or function; where there is none, its functions as compiled by Python."""
    try:
        return inspect.getsource(thing).encode()
    except (OSError, TypeError):
        parts = vars(thing).values() if inspect.isclass(thing) else [thing]
        return b"".join(marshal.dumps(part.__code__) for part in parts if inspect.isfunction(part))


def sources(path: Path) -> list[Path]:
    """A source file, or the source files of a folder, in order."""
    if path.is_file():
        return [path]
    return sorted(each for each in path.rglob("*") if each.suffix in (".py", ".json") and each.is_file())


def text(path: Path) -> bytes:
    """A source file, whatever its line endings."""
    return path.read_bytes().replace(b"\r\n", b"\n")
