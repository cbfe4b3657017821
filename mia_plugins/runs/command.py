"""A command of the run script: every combination of the settings under every seed, or a search."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ..system.logs import logger, start_log
from ..system.processes import start
from .once import run_once
from .results import Results, check_table
from .rows import results_table
from .session import ReadData, check_options, open_session
from .tables import metrics_table
from .tuning import tune


def run(options: argparse.Namespace, read: ReadData | None = None, together: bool = True) -> Results:
    """Runs every combination of the grid under every seed, or with ``--tune`` searches it.

    Args:
        options: as :func:`mia_plugins.runs.options.make_parser` makes them; they stay as they are.
        read: see :func:`mia_plugins.runs.session.open_session`.
        together: processes that a launcher started share this training; false where each makes runs of its own.

    Raises:
        UserError: something of the user's is wrong.
    """
    checked = check_options(options)
    options = checked.options
    searches = options.tune and len(checked.combinations) > 1
    if together and not searches:  # in a search, processes try combinations side by side
        start(checked.device)
    if options.save_results:
        check_table(results_table(options))
    log_id = f"{options.method}_{options.dataset}_{options.data_mode}_{time.strftime('%Y-%m-%d-%H-%M-%S')}"
    log_file = start_log(Path(options.log_path), log_id)
    if options.demo:
        logger.info(
            "demo: made utterances, video and audio, built for this project; its figures say nothing of real data"
        )
    session = open_session(checked, read)
    data = session.data
    for path in data.sources:
        logger.info("read %s", path)
    logger.info("clips: %s; device: %s", ", ".join(f"{k} {len(v)}" for k, v in data.splits.items()), session.device)
    if searches:
        runs = tune(session, log_id)
    else:
        if options.tune:
            logger.info("--tune: no setting is a list, so there is nothing to search")
        seeds = options.seeds or [options.seed]
        runs = [run_once(session, each, seed, log_id) for each in session.combinations for seed in seeds]
    table = metrics_table(runs)
    if options.demo:
        table += "\n\nThis is the demo: made data. For your own, give --data_path DIR."
    logger.info("\n%s\n", table)
    return Results(runs, table, log_file)
