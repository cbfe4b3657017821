"""From experiments to tables: show the plan, make its runs, write and print what came out."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import UserError
from ..runs.tables import cells, format_table
from ..system.leases import Leases
from .experiments import Experiment
from .plan import make_plan
from .runner import run_plan, show_plan
from .store import Store
from .tables import write_tables


def carry_out(
    wanted: Sequence[Experiment],
    name: str,
    options: argparse.Namespace,
    draw: Callable[[Path], list[Path]] = lambda folder: [],
) -> int:
    """Makes the runs of some experiments that have no result yet, and writes their tables.

    Args:
        wanted: the experiments.
        name: of the files with the tables.
        options: of the command; see :mod:`.options`.
        draw: draws pictures into the results folder, and returns their files.

    Raises:
        UserError: something of the user's is wrong, or a run failed (the others were made and the tables written).
    """
    options.seeds = list(dict.fromkeys(options.seeds))
    use_local_gpu(options)
    plan = make_plan(wanted, options)
    store = Store(Path(options.results), options.any_code)
    leases = Leases(store.folder / "leases")
    print(show_plan(plan, store, leases))
    print(f"{len(plan.runs)} runs; results in {store.folder}", flush=True)
    if options.dry_run:
        return 0
    if options.ray is not None:
        from .on_ray import run_on_ray

        failures = run_on_ray(plan.runs, store, options)
    else:
        failures = run_plan(plan.runs, store, leases, options)
    tables, paths = write_tables(plan, store, name, command_line(options))
    paths += draw(store.folder)
    for table in tables:
        print(f"\n{table['title']}\n{format_table(*cells(table))}")
        print("".join(f"{line}\n" for line in table["tests"]), end="")
    print("\nwritten: " + ", ".join(map(str, paths)))
    if failures:
        raise UserError(f"{len(failures)} of {len(plan.runs)} runs failed; first: {failures[0]}")
    return 0


def use_local_gpu(options: argparse.Namespace) -> None:
    """Of the processes that a launcher starts on a machine, each uses the GPU of its local rank."""
    if options.gpu_id is None and "LOCAL_RANK" in os.environ:
        import torch

        options.gpu_id = os.environ["LOCAL_RANK"] if torch.cuda.is_available() else None


def command_line(options: argparse.Namespace) -> str:
    """The command as typed; from Python, its name and what was asked for."""
    if Path(sys.argv[0]).stem in ("mia-plugins", "cli", "__main__"):
        return shlex.join(["mia-plugins", *sys.argv[1:]])
    return shlex.join(["mia-plugins", options.command, "--data_path", str(options.data_path)])
