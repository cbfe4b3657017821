"""One run: build a model, train or restore it, test it, keep what came out."""

from __future__ import annotations

import dataclasses
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Callable

import numpy as np

from ..data.clips import Clips
from ..evaluation.calibration import fit_temperature
from ..evaluation.metrics import oriented
from ..system.logs import logger
from ..system.memory import PeakMemory
from ..system.processes import world
from ..training.arguments import RunArguments
from ..training.loop import Epoch
from ..training.manager import Manager
from ..training.predict import predict, unlabelled
from ..training.progress import clear_progress
from ..training.watched import Step
from .ablation import ablation_cells, modality_ablation
from .combinations import Combination
from .identity import run_folder, testing_identity, training_identity
from .kept import REFERENCE, keep_model, trained_before
from .ownership import begin_again, finished, owned, point_latest
from .pace import Pace
from .records import keep, run_cost, run_record
from .results import Run, save_arrays, saved_run
from .rows import add_row
from .session import Session
from .tables import format_table
from .tracking import Tracking
from .unseen import keep_calibration, score_new_intents
from .unseen_options import unseen_sentences

RESUME = "resume"  # in a run's folder: what an interrupted training goes on from


def run_once(
    session: Session,
    combination: Combination,
    seed: int,
    log_id: str,
    on_epoch: Callable[[Epoch], None] | None = None,
    pace: Pace | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> Run:
    """Makes one run in a folder of its own; one that was made before is read from there, unless ``--again``.

    Args:
        session: of the command.
        combination: the settings.
        seed: of everything random.
        log_id: of the command, for the results table.
        on_epoch: called after every epoch; an exception it raises ends the training.
        pace: of the command, where this run is counted.
        on_step: called with every step of training, just before the weights change; as on_epoch.

    Raises:
        UserError: an option, a file or the data is wrong, or another process is making this very run.
    """
    options = session.options
    training = training_identity(session.checked, combination, seed)
    if not options.train and session.kept is None:
        session = dataclasses.replace(session, kept=trained_before(Path(options.output_path), training))
    testing = testing_identity(session.checked)
    folder = run_folder(session.checked, training, testing, seed)
    place = f"{pace.place()}: " if pace is not None and pace.total > 1 else ""
    logger.info("%sseed %d%s", place, seed, "".join(f", {key}={value}" for key, value in combination.choice.items()))
    record = None if options.again else finished(folder)
    made_now = record is None
    if record is not None:
        logger.info("this very run is finished, in %s; --again repeats it", folder)
        if not world().rank:
            clear_progress(folder / RESUME)  # of one that was cut off right after it was finished
    else:
        first = not world().rank
        with owned(folder) if first else nullcontext():
            if first:
                begin_again(folder)
                if session.kept is None:  # a test of an older model keeps none, and "latest" is there to be restored
                    point_latest(folder)
            with Tracking(
                options.report_to if first else (), folder, {**combination.values(), "seed": seed}
            ) as tracking:
                epochs, steps = tracking.hooks(on_epoch, on_step)
                run, record = make_run(session, combination, seed, log_id, folder, training, testing, epochs, steps)
                tracking.on_made(record, session.method.pictures, run.arrays)
    if pace is not None:
        pace.finish(made_now)
    if made_now and (world().rank or not options.save_results):
        return run
    if options.save_results and not world().rank:
        add_row(options, record, folder)
    return saved_run(folder, record, combination.choice)


def make_run(
    session: Session,
    combination: Combination,
    seed: int,
    log_id: str,
    folder: Path,
    training: dict[str, Any],
    testing: dict[str, Any],
    on_epoch: Callable[[Epoch], None] | None,
    on_step: Callable[[Step], None] | None,
) -> tuple[Run, dict[str, Any]]:
    """Trains or restores, tests, and keeps; arguments as in :func:`run_once`, with the run's folder and identity."""
    options, settings, started = session.options, combination.settings, time.monotonic()
    made: list[Epoch] = []  # now, not before an interruption

    def after_epoch(epoch: Epoch) -> None:
        made.append(epoch)
        if on_epoch is not None:
            on_epoch(epoch)

    args = run_arguments(session, combination, seed, folder, training, after_epoch, on_step)
    model = session.build(combination, seed)
    peak = PeakMemory(session.device)
    manager = (session.method.manager or Manager)(args, session.loaders(settings), model)
    begun = time.monotonic()
    history = (manager._train(args) if args.train else []) or []
    tested = time.monotonic()
    results = manager._test(args)
    if options.unseen:
        results.update(score_new_intents(session, settings, model, unseen_sentences(options, session.kept)))
    cost = run_cost(
        model,
        trained=(len(made) * session.train_clips(), tested - begun),
        tested=(len(session.test_clips()), time.monotonic() - tested),
        peak_mib=peak.mib(),
    )
    ablation = ablate(session, manager, args) if options.modality_ablation else None
    record = run_record(
        session,
        combination,
        seed,
        log_id=log_id,
        results=results,
        history=history,
        cost=cost,
        ablation=ablation,
        training=training,
        testing=testing,
        seconds=time.monotonic() - started,
    )
    if not world().rank:
        if args.save_model:
            task, changed = session.task(settings), list(record["changed"])
            keep_model(
                args.model_output_path,
                options,
                combination,
                task,
                seed,
                identity=training,
                changed=changed,
                temperature=calibrate(session, combination, model, args.model_output_path),
            )
        save_arrays(folder, results)
        test, inspect = session.loader(session.test_clips(), settings), session.method.inspect
        shown = inspect(model, unlabelled(test), session.device) if inspect is not None else None
        keep(folder, record, test, session.tokenizer, shown)
        clear_progress(folder / RESUME)  # last: until now, a run that is cut off can go on
        logger.debug("kept in %s%s", folder, ": the model and its predictions" if args.save_model else "")
    arrays = {key: value for key, value in results.items() if isinstance(value, np.ndarray)}
    best = oriented(settings.eval_monitor, float(results.get("best_eval_score", "nan")))
    return Run(seed, combination.choice, record["metrics"], arrays, folder, best), record


def calibrate(session: Session, combination: Combination, model: Any, folder: Path) -> float:
    """Keeps what a model that is kept needs of the development clips; returns the temperature of its probabilities."""
    data, settings = session.data, combination.settings
    if data.problem != "multi-class":
        return 1.0
    loader = session.loader(data.splits["dev"], settings)
    scored = predict(model, loader, device=session.device, precision=settings.precision, what="dev")
    keep_calibration(session, combination.method_settings, model, scored, folder)
    return fit_temperature(scored.logits[:, : len(data.labels)], scored.label_ids)


def run_arguments(
    session: Session,
    combination: Combination,
    seed: int,
    folder: Path,
    identity: dict[str, Any],
    on_epoch: Callable[[Epoch], None],
    on_step: Callable[[Step], None] | None,
) -> RunArguments:
    """The arguments of the run's manager."""
    options, kept = session.options, session.kept
    models = kept.folder if kept is not None else folder / options.model_path
    fits = session.data.problem == "multi-class"  # thresholds or a detector, to predictions of training clips
    saves = kept is None and (not options.tune if options.save_model is None else options.save_model)
    return RunArguments(
        method=session.method,
        settings=combination.settings,
        num_labels=len(session.data.labels),
        device=session.device,
        identity=identity,
        train=kept is None,
        model_output_path=models,
        save_model=saves and not world().rank,
        reference_path=models / REFERENCE if fits and (saves or kept is not None) else None,
        resume_path=folder / RESUME,
        resume=options.resume,
        test_mode=options.test_mode if options.test_ood else None,
        ood_detection_method=options.ood_detection_method,
        problem=session.data.problem,
        on_epoch=on_epoch,
        on_step=on_step,
    )


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
