"""``mia-plugins``: the commands beside the run script, each registered by the module that does the work."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from . import __version__
from .errors import UserError, one_line
from .runs.options import Parser

COMMANDS = (
    "mia_plugins.catalogue.command",
    "mia_plugins.catalogue.environment",
    "mia_plugins.hosts.live.diagnose",
    "mia_plugins.hosts.live.command",
    "mia_plugins.hosts.install.command",
    "mia_plugins.hosts.upstream.command",
    "mia_plugins.runs.show",
    "mia_plugins.runs.predict_command",
    "mia_plugins.reproduce.compare",
    "mia_plugins.reproduce.command",
    "mia_plugins.report.command",
    "mia_plugins.extract.command",
    "mia_plugins.data.command",
    "mia_plugins.describe.command",
)


def make_parser() -> argparse.ArgumentParser:
    """The parser with every command; each module's ``add_parser(subparsers)`` adds its own and sets ``action``.

    ``action(options)`` does the work and may return an exit code; ``options.rest`` is what stood after ``--``.
    """
    parser = Parser(prog="mia-plugins", description="Methods in the benchmarks' own code, and reports.")
    parser.add_argument("--version", action="version", version=f"mia-plugins {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in COMMANDS:
        import_module(module).add_parser(subparsers)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs a command line; returns the exit code: 0, 2 for an error of the user's, 130 when interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    end = arguments.index("--") if "--" in arguments else len(arguments)
    try:
        options = make_parser().parse_args(arguments[:end])
        options.rest = arguments[end + 1 :]
        code = options.action(options) or 0
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more at its end
        return 0


if __name__ == "__main__":
    sys.exit(main())
