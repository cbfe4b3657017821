"""``mia-plugins compare``: methods beside one another, on the same clips, seeds and scoring."""

from __future__ import annotations

import argparse
from typing import Any

from .options import add_plan_options


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "compare",
        help="train and test methods on the same clips and seeds, and put them in one table",
        description="Trains and tests every method under every seed, in scope and with out-of-scope clips, and writes one "
        "table for each: mean and deviation, paired tests against the default method, published figures, parameters, "
        "speed and memory. The same command goes on after an interruption, and no run is made twice.",
    )
    parser.add_argument(
        "--methods",
        nargs="+",
        default=["all"],
        metavar="NAME",
        help="methods, or all that are installed (default: all)",
    )
    parser.add_argument("--in_scope_only", action="store_true", help="leave the table with out-of-scope clips out")
    add_plan_options(parser)
    parser.set_defaults(action=compare)


def compare(options: argparse.Namespace) -> int:
    """Plans, shows, runs, and writes the tables; see ``--help``.

    Raises:
        UserError: something of the user's is wrong, or a run failed (the others are made and the tables written).
    """
    from .experiments import comparison  # torch and the rest come after --help
    from .work import carry_out

    wanted = comparison(options.methods, options.dataset, not options.in_scope_only)
    return carry_out(wanted, "compare", options)
