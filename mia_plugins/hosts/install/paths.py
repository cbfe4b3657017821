"""Paths of a checkout, which somebody else may have made: none may lead out of it."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath, PureWindowsPath

from ...errors import UserError


def inside(folder: Path, path: str) -> Path:
    """The file or folder that a relative path names.

    Args:
        folder: the checkout.
        path: with ``/`` between its parts.

    Raises:
        UserError: it leads out of the checkout, into its ``.git``, or through a symbolic link.
    """
    parts = PurePosixPath(path).parts
    plain = parts and not PureWindowsPath(path).anchor and "\\" not in path and "\0" not in path
    if not plain or path.startswith("/") or ".." in parts or parts[0].lower() == ".git":
        raise UserError(f"{folder}: {path!r:.200} is not the path of a file in this checkout")
    for i in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:i])
        if place.is_symlink():
            raise UserError(f"{place}: is a symbolic link, which could lead out of the checkout; restore it")
        if i < len(parts) and os.path.lexists(place) and not place.is_dir():
            raise UserError(f"{place}: is not a folder; restore it")
    if os.path.lexists(folder / path) and not ((folder / path).is_file() or (folder / path).is_dir()):
        raise UserError(f"{folder / path}: is neither a file nor a folder; restore it")
    return folder / path
