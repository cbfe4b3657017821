"""Small backbones with real weights from ordinary packages, where there is no hub: checked by hash, never unpickled."""

from __future__ import annotations

import hashlib
import importlib.metadata
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import UserError

EXTRA = 'pip install "mia-plugins[extract-small]"'


def module(name: str) -> Any:
    """A module of one of the packages.

    Raises:
        UserError: the package is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise UserError(f"this backbone comes in a package that is not installed ({name}); {EXTRA}") from error


def weights(package: str, name: str, sha256: str) -> Path:
    """A file of weights in a package.

    Args:
        package: as it is installed.
        name: of the file.
        sha256: what the file must have.

    Raises:
        UserError: the package is not installed, or the file is another.
    """
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    path = next((Path(file.locate()) for file in files if file.name == name), None)
    if path is None or not path.is_file():
        raise UserError(f"{name}: comes in the package {package}, which is not installed; {EXTRA}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise UserError(f"{path}: has the sha256 {found}, not {sha256}; {EXTRA} --force-reinstall")
    return path
