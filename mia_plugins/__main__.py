"""``python -m mia_plugins``: the run script, for an installed package."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Runs a command line; returns the exit code: 0, 2 for an error of the user's, 130 when interrupted."""
    from .errors import UserError, one_line
    from .runs.options import parse

    try:
        options = parse(arguments)
        # heavy imports come after --help and wrong options
        from .runs.command import closing_words, run
        from .system.processes import stop, world

        results = run(options)
        if not world().rank:
            print(closing_words(options, results), flush=True)
        stop()
    except UserError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command with --resume goes on from the last epoch it kept", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
