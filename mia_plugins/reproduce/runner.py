"""Working through a plan, one run after another, while other processes may work on the same folder."""

from __future__ import annotations

import argparse
import shutil
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from ..errors import UserError
from ..runs.command import run as run_options_once
from ..runs.pace import Pace
from ..runs.records import RECORD
from ..runs.setup import Setup
from ..runs.tables import format_table
from ..system.devices import choose_device
from ..system.files import make_folder
from ..system.json_files import read_object
from ..system.leases import Leases
from .plan import Plan, Planned, run_options
from .store import Store


def show_plan(plan: Plan, store: Store, leases: Leases) -> str:
    """A table of runs and their state."""
    runs = plan.runs
    # what all runs of a method have in common is said once
    shared = {
        key: value
        for run in runs
        for key, value in run.settings.items()
        if all(other.settings.get(key) == value for other in runs if other.method == run.method)
    }
    rows = []
    for i, run in enumerate(runs, 1):
        holder = leases.holder(run.name)
        if store.result(run) is not None:
            state = "done"
        elif holder:
            state = f"being made by {holder}"
        elif store.started(run):
            state = "started, continues"
        else:
            state = "to do (code changed since)" if store.made_by_other_code(run) else "to do"
        settings = ", ".join(f"{key}={value}" for key, value in run.settings.items() if key not in shared)
        rows.append([str(i), run.label, settings, str(run.seed), state])
    common = ", ".join(f"{key}={value}" for key, value in shared.items())
    lines = [f"all runs: {common}"] if common else []
    return "\n".join([*lines, format_table(["run", "what", "settings", "seed", "state"], rows), *plan.notes])


def run_plan(runs: Sequence[Planned], store: Store, leases: Leases, options: argparse.Namespace) -> list[str]:
    """Makes every run that has no result and that no other process is making; returns a line for each failure.

    A run that fails does not stop the others. After an interruption the same command continues.
    """
    setup = Setup()
    failures: dict[str, str] = {}
    pending = [run for run in runs if store.result(run) is None]
    pace = Pace(len(runs), len(runs) - len(pending))
    while True:
        left = []
        for run in pending:
            if store.result(run) is not None:  # another process has finished it
                pace.finish()
                continue
            lease = leases.take(run.name)
            if lease is None:
                left.append(run)
                continue
            with lease:
                if store.result(run) is None:
                    tqdm.write(f"--- {pace.place()}: {run.label}, seed {run.seed}")
                    failure = make_run(run, store, options, setup)
                    if failure:
                        failures[run.name] = failure
            pace.finish()
        # the runs of other processes are looked at again as long as some of them come free
        if not left or len(left) == len(pending):
            break
        pending = left
    for run in left:
        tqdm.write(f"{run.label}, seed {run.seed}: made by {leases.holder(run.name) or 'another process'}")
    return list(failures.values())


def make_run(run: Planned, store: Store, options: argparse.Namespace, setup: Setup) -> str | None:
    """Trains, tests and keeps one run; returns a line about what went wrong, or None."""
    folder = store.runs / run.name
    each = run_options(options, method=run.method, dataset=run.dataset, set=dict(run.settings), seed=run.seed)
    each.train_ood = each.test_ood = run.ood
    each.modality_ablation = not options.no_modality_ablation
    each.config_file_name = run.config_file_name
    each.output_path, each.log_path, each.results_path = str(folder), str(folder), str(store.folder)
    started = time.monotonic()
    try:
        device = choose_device(options.gpu_id)
        drop_foreign_progress(folder, device.type)
        found = run_options_once(each, setup, together=False).runs[0]
        store.save(run, read_object(found.folder / RECORD), found.folder, time.monotonic() - started)
    except UserError as error:
        return note_failure(run, str(error))
    except Exception as error:  # the other runs of a long night go on
        (make_folder(folder) / "error.log").write_text(traceback.format_exc(), encoding="utf-8")
        return note_failure(run, f"{type(error).__name__}: {error} (see {folder / 'error.log'})")
    return None


def note_failure(run: Planned, message: str) -> str:
    """Shows and returns what went wrong, in one line."""
    line = f"{run.label}, seed {run.seed}: {' '.join(message.split())}"
    tqdm.write(f"failed: {line}")
    return line


def drop_foreign_progress(folder: Path, device: str) -> None:
    """Removes training progress made on another kind of device: its random state cannot be restored here."""
    for config in folder.glob("*/resume/config.json"):
        if read_object(config).get("device") != device:
            shutil.rmtree(config.parent)
