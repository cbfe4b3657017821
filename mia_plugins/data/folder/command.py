"""``mia-plugins data new``: a first ``dataset.toml`` for a folder of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ...errors import UserError


def add_parser(subparsers: Any) -> None:
    """Adds the command to those of ``mia-plugins data``."""
    parser = subparsers.add_parser(
        "new",
        help="write a folder's dataset.toml from what is in it",
        description="Writes DIR/dataset.toml with comments: columns, problem, labels and lengths as they look. Never "
        "overwrites one. Then: run.py --dataset DIR",
    )
    parser.add_argument("folder", metavar="DIR", help="a folder with tables and, where there are any, features")
    parser.set_defaults(action=new)


def new(options: argparse.Namespace) -> int:
    """Writes the file.

    Raises:
        UserError: it is there already, or the folder has no tables.
    """
    from .draft import write_draft  # here, so that the help of every command starts at once

    folder = Path(options.folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder; correct the path")
    print(
        f"written: {write_draft(folder)}; look through it, then: python run.py --method amess --dataset {folder}/ --train"
    )
    return 0
