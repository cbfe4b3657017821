"""One run: build a model, train or restore it, test it, keep what came out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

import numpy as np

from ..data.clips import Clips
from ..nn.backbones import short_name
from ..system.logs import logger
from ..system.processes import world
from ..training.arguments import RunArguments
from ..training.checkpoints import identity
from ..training.loop import Epoch
from ..training.manager import Manager
from ..training.predict import unlabelled
from .ablation import ablation_cells, modality_ablation
from .combinations import Combination
from .folders import model_folder, run_folder
from .records import device_name, keep
from .results import METRICS, Run, append_row, save_arrays
from .session import Session
from .tables import format_table

RECORDED = ("method", "dataset", "data_mode", "train_ood", "test_ood", "test_mode")  # options in a run's record


def run_once(
    session: Session,
    combination: Combination,
    seed: int,
    log_id: str,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Run:
    """Makes one run.

    Args:
        session: of the command.
        combination: the settings.
        seed: of everything random.
        log_id: of the command, for the results table.
        on_epoch: hears of every epoch; what it raises ends the training.

    Raises:
        UserError: something of the user's is wrong.
    """
    options, settings = session.options, combination.settings
    logger.info("seed %d%s", seed, "".join(f", {key}={value}" for key, value in combination.choice.items()))
    started = time.monotonic()
    args = run_arguments(session, combination, seed, on_epoch)
    model = session.build(combination, seed)
    manager = (session.method.manager or Manager)(args, session.loaders(settings), model)
    history = manager._train(args) if options.train else []
    results = manager._test(args)
    metrics = percent(results)
    ablation = ablate(session, manager, args) if options.modality_ablation else None
    folder = run_folder(options, combination.choice, seed)
    if options.save_results and not world().rank:
        record = {
            **{name: getattr(options, name) for name in RECORDED},
            "text_backbone": short_name(options.text_backbone),
            "seed": seed,
            "choice": combination.choice,
            "settings": combination.values(),
            "labels": list(session.data.labels),
            "metrics": metrics,
            "history": [vars(epoch) for epoch in history or []],
            "modality_ablation": ablation,
            "device": device_name(session.device),
            "seconds": round(time.monotonic() - started, 1),
        }
        keep_results(session, folder, record, results, model, settings)
        append_row(results_table(options), table_row(session, combination, seed, log_id, metrics, results, folder))
        logger.info("results: %s", results_table(options))
    arrays = {key: value for key, value in results.items() if isinstance(value, np.ndarray)}
    return Run(seed, combination.choice, metrics, arrays, folder, float(results.get("best_eval_score", "nan")))


def run_arguments(
    session: Session, combination: Combination, seed: int, on_epoch: Callable[[Epoch], None] | None
) -> RunArguments:
    """What the run's manager is told."""
    options, choice = session.options, combination.choice
    task = session.task(combination.settings)
    return RunArguments(
        method=session.method,
        settings=combination.settings,
        num_labels=len(session.data.labels),
        device=session.device,
        identity=identity(session.method, task, combination.method_settings, seed),
        train=options.train,
        model_output_path=model_folder(options, choice, seed),
        save_model=options.save_model and not world().rank,
        resume_path=run_folder(options, choice, seed) / "resume",
        resume=options.resume,
        test_mode=options.test_mode if options.test_ood else None,
        ood_detection_method=options.ood_detection_method,
        on_epoch=on_epoch,
    )


def results_table(options: Any) -> Path:
    """The file of the results table."""
    return Path(options.results_path) / options.results_file_name


def keep_results(
    session: Session, folder: Path, record: dict[str, Any], results: Mapping[str, Any], model: Any, settings: Any
) -> None:
    """Writes a run's arrays, its record, and what its method shows of its inside."""
    save_arrays(folder, results)
    test, inspect = session.loader(session.test_clips(), settings), session.method.inspect
    shown = inspect(model, unlabelled(test), session.device) if inspect is not None else None
    keep(folder, record, test, session.tokenizer, shown)


def table_row(
    session: Session,
    combination: Combination,
    seed: int,
    log_id: str,
    metrics: Mapping[str, float],
    results: Mapping[str, Any],
    folder: Path,
) -> dict[str, Any]:
    """A run's row in the results table, under the benchmark's columns."""
    options = session.options
    row: dict[str, Any] = {key: round(metrics[key], 2) for key in METRICS if key in metrics}
    if "best_eval_score" in results:
        row[f"eval_{combination.settings.eval_monitor}"] = round(results["best_eval_score"], 4)
    return {
        **row,
        "dataset": options.dataset,
        "ood_dataset": options.ood_dataset or session.adapter.ood_dataset,
        "method": options.method,
        "text_backbone": options.text_backbone,
        "video_feats": options.video_feats or "",
        "audio_feats": options.audio_feats or "",
        "seed": seed,
        "log_id": log_id,
        "folder": str(folder),
        **combination.choice,
    }


def percent(results: Mapping[str, Any]) -> dict[str, float]:
    """The metrics among a manager's results, in percent."""
    scalars = {key: value for key, value in results.items() if isinstance(value, (int, float, np.floating))}
    return {key: 100 * float(value) for key, value in scalars.items() if key != "best_eval_score"}


def ablate(session: Session, manager: Any, args: RunArguments) -> list[dict[str, Any]]:
    """Scores the test clips again with each modality corrupted (:mod:`.ablation`), and shows the table."""
    complete = manager.data

    def score(clips: Clips) -> dict[str, Any]:
        manager.data = dataclasses.replace(complete, test=session.loader(clips, args.settings, world()))
        return manager._test(args)

    try:
        rows = modality_ablation(session.test_clips(), session.data.splits["train"], score)
    finally:
        manager.data = complete
    logger.info("\n%s\n", format_table(*ablation_cells(rows)))
    return rows
