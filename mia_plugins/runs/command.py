"""A command of the run script: every combination of the settings under every seed, or a search."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import UserError
from ..nn.lookup import short_name
from ..system.logs import logger, start_log
from ..system.processes import start
from ..training.loop import Epoch
from ..training.watched import Step
from .kept import KEPT
from .once import run_once
from .pace import Pace
from .records import device_name
from .results import Results, check_table
from .rows import results_table
from .session import Session, check_options, open_session
from .setup import Setup
from .tables import metrics_table
from .tuning import tune


def run(
    options: argparse.Namespace,
    setup: Setup | None = None,
    together: bool = True,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> Results:
    """Runs every combination of the grid under every seed, or with ``--tune`` searches it.

    Args:
        options: as :func:`mia_plugins.runs.options.make_parser` makes them; they stay as they are.
        setup: of a caller with many runs, which keeps what it reads.
        together: whether the processes that a launcher started share this training; false if each makes its own runs.
        on_epoch, on_step: called with every epoch and step of every training; what they raise ends it.

    Raises:
        UserError: an option, a file or the data is wrong.
    """
    checked = check_options(options)
    options = checked.options
    searches = options.tune and len(checked.combinations) > 1
    if together and not searches:  # in a search, processes try combinations side by side
        start(checked.device)
    if options.save_results:
        check_table(results_table(options))
    log_id = f"{options.method}_{options.dataset}_{options.data_mode}_{time.strftime('%Y-%m-%d-%H-%M-%S')}"
    log_file = start_log(Path(options.log_path), log_id, options.verbose)
    session = open_session(checked, setup)
    describe(session)
    if searches:
        if on_epoch is not None or on_step is not None:
            raise UserError("on_epoch and on_step are for runs of their own; leave them out, or tune")
        runs = tune(session, log_id)
    else:
        if options.tune:
            logger.info("--tune: no setting is a list, so there is nothing to search")
        seeds = options.seeds or [options.seed]
        planned = [(each, seed) for each in session.combinations for seed in seeds]
        pace = Pace(len(planned))
        runs = [run_once(session, each, seed, log_id, on_epoch, pace, on_step) for each, seed in planned]
    results = Results(runs, metrics_table(runs), log_file)
    logger.debug("\n%s\n", results.table)
    return results


def describe(session: Session) -> None:
    """Says in three lines what is run on what, and where; file names go to the log only."""
    options, data = session.options, session.data
    counts = ", ".join(f"{name} {len(clips)}" for name, clips in data.splits.items())
    made = " (the demo: made for this project, its figures say nothing about real data)" if options.demo else ""
    logger.info("data: %s%s, %s clips", options.dataset, made, counts)
    learned = {
        "multi-label": f"{len(data.labels)} labels, several a clip",
        "regression": f"the number {data.labels[0]}",
    }
    what = learned.get(data.problem, f"{len(data.labels)} intents")
    logger.info("model: %s on %s, %s", session.method.label, short_name(options.text_backbone), what)
    logger.info("device: %s", device_name(session.device))
    for path in data.sources:
        logger.debug("read %s", path)
    for warning in getattr(data, "warnings", ()):
        logger.warning("warning: %s", warning)


def closing_words(options: argparse.Namespace, results: Results) -> str:
    """The table, what was kept where, and what to type next."""
    lines = ["", results.table, ""]
    if options.data_path is None:
        lines.append("This is the demo: synthetic data. For your own, give --data_path DIR.")
    folders = [run.folder for run in results.runs]
    lines += [f"kept: {folder}" for folder in folders]
    if options.save_results:
        lines.append(f"all results: mia-plugins results {results_table(options)}")
    if any((folder / options.model_path / KEPT).is_file() for folder in folders):
        data = f" --data_path {options.data_path}" if options.data_path is not None else ""
        lines.append(f"test this model again: python run.py --restore {folders[-1]}{data}")
        lines.append(f'ask it: echo "thank you so much" | mia-plugins predict {folders[-1]}')
    return "\n".join(lines)
