"""``mia-plugins data``: the commands that make, check and show data sets, each registered by the module that does it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

COMMANDS = (
    "mia_plugins.simulate.command",
    "mia_plugins.data.folder.command",
    "mia_plugins.catalogue.check_command",
    "mia_plugins.catalogue.show_command",
)


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``; each module's ``add_parser(subparsers)`` adds its own below."""
    parser = subparsers.add_parser("data", help="make data sets", description="Commands for data sets on disk.")
    below = parser.add_subparsers(dest="data_command", metavar="COMMAND", required=True)
    for module in COMMANDS:
        import_module(module).add_parser(below)
