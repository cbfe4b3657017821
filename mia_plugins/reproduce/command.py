"""``mia-plugins reproduce``: the paper's tables and figures from one command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import UserError
from .experiments import ANCHORS, DESCRIPTIONS, NAMES
from .options import add_plan_options


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "reproduce",
        help="run what the paper's tables and figures need, and write them beside the paper's numbers",
        description="Shows the plan, makes the runs that have no result yet, and writes the tables. After an interruption "
        "the same command continues. Several processes, started by hand, torchrun or accelerate launch, may share one "
        "results folder: each takes different runs.",
    )
    parser.add_argument("what", choices=(*NAMES, "all"), help="which table or figure")
    parser.add_argument(
        "--method",
        nargs="+",
        default=[],
        metavar="NAME",
        help="methods of table1 and table2 (default: those of the paper that are installed, and the text alone)",
    )
    parser.add_argument("--anchors", type=int, nargs="+", default=list(ANCHORS), metavar="K", help="k of fig4")
    parser.add_argument(
        "--descriptions", type=int, nargs="+", default=list(DESCRIPTIONS), metavar="N", help="descriptions of table4"
    )
    add_plan_options(parser)
    parser.set_defaults(action=reproduce)


def reproduce(options: argparse.Namespace) -> int:
    """Plans, shows, runs, and writes the tables; see ``--help``.

    Raises:
        UserError: something of the user's is wrong, or a run failed (the others were made and the tables written).
    """
    from .experiments import experiments  # torch and the rest come after --help
    from .work import carry_out

    names = NAMES if options.what == "all" else (options.what,)
    wanted = [
        each
        for name in names
        for each in experiments(name, options.dataset, options.method, options.anchors, options.descriptions)
    ]
    return carry_out(wanted, options.what, options, lambda folder: draw(names, folder))


def draw(names: tuple[str, ...], folder: Path) -> list[Path]:
    """The pictures of fig4 and fig5, where matplotlib is there to draw them."""
    if not {"fig4", "fig5"} & set(names):
        return []
    from .figures import draw_paper_figures

    try:
        return draw_paper_figures(folder, [name for name in names if name in ("fig4", "fig5")])
    except UserError as error:
        print(f"no picture: {error}")
        return []
