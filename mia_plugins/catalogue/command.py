"""``mia-plugins list``: what is installed, and every hyper-parameter and metric."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import UserError
from . import listing
from .tables import as_json, as_markdown, as_text

WHAT = ("methods", "datasets", "settings", "metrics", "all")


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "list",
        help="list methods, data sets, hyper-parameters and metrics",
        description="Lists what is installed. `list settings METHOD` adds the method's own hyper-parameters to those of "
        "training, with their defaults, ranges and meanings.",
    )
    parser.add_argument("what", choices=WHAT, help=", ".join(WHAT))
    parser.add_argument("method", nargs="?", metavar="METHOD", help="of settings: a method, or the path of a file")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for programs")
    form.add_argument("--markdown", action="store_true", help="for pages; docs/reference.md is `list all --markdown`")
    parser.set_defaults(action=show)


def show(options: argparse.Namespace) -> None:
    """Prints the tables.

    Raises:
        UserError: an unknown method.
    """
    if options.method is not None and options.what != "settings":
        raise UserError(f"list {options.what} takes no {options.method!r}; did you mean `list settings`?")
    tables = chosen(options.what, options.method)
    if options.json:
        print(as_json(tables))
    elif options.markdown:
        head = ["# Reference\n\nMade by `mia-plugins list all --markdown`."] if options.what == "all" else []
        print("\n\n".join([*head, *map(as_markdown, tables)]))
    else:
        print("\n\n".join(map(as_text, tables)))


def chosen(what: str, method: str | None) -> list[listing.Table]:
    """The tables that were asked for."""
    if what == "all":
        return listing.everything()
    if what == "settings":
        return [listing.training_settings(), *(listing.method_settings(method) if method else [])]
    return [{"methods": listing.methods, "datasets": listing.datasets, "metrics": listing.metrics}[what]()]
