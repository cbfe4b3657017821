"""``mia-plugins reproduce``: the paper's tables and figures from one command."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from ..errors import UserError
from .experiments import ANCHORS, DESCRIPTIONS, NAMES

RESULTS = "reproduction"


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
    parser.add_argument("--data_path", required=True, metavar="DIR", help="folder of the data sets")
    parser.add_argument("--dataset", nargs="+", metavar="NAME", help="data sets (default: the paper's for each table)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], metavar="N", help="default: 0 1 2 3 4")
    parser.add_argument(
        "--method", nargs="+", default=["amess", "text"], metavar="NAME", help="methods that table1 and table2 measure"
    )
    parser.add_argument("--anchors", type=int, nargs="+", default=list(ANCHORS), metavar="K", help="k of fig4")
    parser.add_argument(
        "--descriptions", type=int, nargs="+", default=list(DESCRIPTIONS), metavar="N", help="descriptions of table4"
    )
    parser.add_argument("--descriptions_path", metavar="FILE", help="label descriptions instead of the bundled ones")
    parser.add_argument("--text_backbone", metavar="NAME", help="pre-trained encoder: a name, hub id or folder")
    parser.add_argument(
        "--config_file_name", metavar="NAME", help="a config of a method, such as amess_paper, or a file"
    )
    parser.add_argument(
        "--set",
        dest="assignments",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a hyper-parameter of all runs (of the methods that have it); may be repeated",
    )
    parser.add_argument("--ood_dataset", metavar="NAME", help="out-of-scope data set (default: <dataset>-OOD)")
    parser.add_argument("--video_feats", metavar="NAME", help="video features, as in run.py")
    parser.add_argument("--audio_feats", metavar="NAME", help="audio features, as in run.py")
    parser.add_argument("--num_workers", type=int, metavar="N", help="processes that load batches (as run.py)")
    parser.add_argument("--gpu_id", metavar="N", help="GPU to use, or cpu; under torchrun: the local rank")
    parser.add_argument(
        "--results", default=RESULTS, metavar="DIR", help="shared results folder (default: %(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    parser.add_argument("--num_shards", type=int, metavar="N", help="split the plan into N parts")
    parser.add_argument("--shard", type=int, metavar="I", help="make only part I of --num_shards, from 0")
    parser.add_argument(
        "--any_code", action="store_true", help="also accept results made by other versions of the code"
    )
    parser.add_argument("--save_model", action="store_true", help="keep the trained models")
    parser.add_argument(
        "--no_modality_ablation", action="store_true", help="do not score the test with modalities corrupted"
    )
    parser.set_defaults(action=reproduce)


def shard(options: argparse.Namespace) -> tuple[int, int]:
    """The part of the plan that this process makes, and how many there are, from the options or torchrun's environment.

    Raises:
        UserError: a part that does not exist.
    """
    count, index = options.num_shards, options.shard
    if count is None and index is None and os.environ.get("WORLD_SIZE", "").isdecimal():
        rank = os.environ.get("RANK", "0")
        count, index = int(os.environ["WORLD_SIZE"]), int(rank) if rank.isdecimal() else -1
        if options.gpu_id is None and "LOCAL_RANK" in os.environ:
            import torch

            options.gpu_id = os.environ["LOCAL_RANK"] if torch.cuda.is_available() else None
    if count is None and index is None:
        return 0, 1
    if count is None or index is None or not 0 <= index < count:
        raise UserError("--shard I and --num_shards N go together, with I from 0 to N - 1")
    return index, count


def reproduce(options: argparse.Namespace) -> int:
    """Plans, shows, runs, and writes the tables; see ``--help``.

    Raises:
        UserError: something of the user's is wrong, or a run failed (the others were made and the tables written).
    """
    index, num_shards = shard(options)
    names = NAMES if options.what == "all" else (options.what,)
    options.seeds = list(dict.fromkeys(options.seeds))
    for seed in options.seeds:
        if not 0 <= seed < 2**32:
            raise UserError(f"--seeds {seed}: a seed is a whole number from 0 to {2**32 - 1}")
    from ..system.leases import Leases  # torch and the rest come after --help
    from .experiments import experiments
    from .plan import make_plan
    from .runner import run_plan, shard_of, show_plan
    from .store import Store
    from .tables import write_tables

    wanted = [
        each
        for name in names
        for each in experiments(name, options.dataset, options.method, options.anchors, options.descriptions)
    ]
    plan = make_plan(wanted, options)
    store = Store(Path(options.results), options.any_code)
    leases = Leases(store.folder / "leases")
    runs = shard_of(plan, index, num_shards)
    print(show_plan(plan, runs, store, leases))
    part = f", part {index} of {num_shards}" if num_shards > 1 else ""
    print(f"{len(runs)} runs{part}; results in {store.folder}", flush=True)
    if options.dry_run:
        return 0
    failures = run_plan(runs, store, leases, options)
    tables, paths = write_tables(plan, store, options.what, command_line())
    paths += draw(names, store.folder)
    from ..runs.tables import cells, format_table

    for table in tables:
        print(f"\n{table['title']}\n{format_table(*cells(table))}")
        print("".join(f"{line}\n" for line in table["tests"]), end="")
    print("\nwritten: " + ", ".join(map(str, paths)))
    if failures:
        raise UserError(f"{len(failures)} of {len(runs)} runs failed; first: {failures[0]}")
    return 0


def command_line() -> str:
    """The command as typed."""
    return " ".join(["mia-plugins", *sys.argv[1:]]) if "reproduce" in sys.argv else "mia-plugins reproduce"


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
