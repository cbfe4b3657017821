"""``--tune``: the lists in the settings searched with Optuna instead of run as a grid.

A trial is a training run under every seed of the command; its value is the best dev score, and trials behind the median
at the same epoch are pruned. The study lives in a journal file in the results folder: the same command continues an
interrupted search, and several processes or machines on that folder work on one search.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..evaluation.metrics import displayed, oriented, text_of
from ..nn.lookup import short_name
from ..system.digests import digest
from ..system.files import make_folder
from ..system.leases import is_dead, owner
from ..system.logs import logger
from ..training.loop import Epoch
from .combinations import Combination
from .identity import run_folder, testing_identity, training_identity
from .once import run_once
from .ownership import finished
from .pace import Pace
from .results import Run, saved_run, unique
from .session import Session
from .tables import format_table

STARTUP, WARMUP = 3, 2  # complete trials before the first pruning; epochs of a trial before it


def import_optuna() -> Any:
    """The library.

    Raises:
        UserError: it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise UserError("--tune needs Optuna; pip install optuna") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def tune(session: Session, log_id: str) -> list[Run]:
    """Searches the grid's combinations and returns the best one's runs.

    Args:
        session: of the command.
        log_id: of the command.

    Raises:
        UserError: Optuna is missing, the command does not train, or its journal cannot be read.
    """
    options = session.options
    if not options.train:
        raise UserError("--tune trains models; add --train")
    optuna = import_optuna()
    # a trial that was interrupted goes on from the last epoch it kept
    session = replace(session, options=argparse.Namespace(**{**vars(options), "resume": True}))
    combinations = session.combinations
    space = {key: unique([each.choice[key] for each in combinations]) for key in combinations[0].choice}
    study, path = open_study(optuna, session, combinations, space)
    requeue(optuna, study)
    logger.info(
        "search over %s: up to %d of %d combinations; %s", ", ".join(space), options.trials, len(combinations), path
    )

    runs: dict[int, list[Run]] = {}
    limit = min(options.trials, len(combinations))
    pace = Pace(limit, ended(study), what="trial")
    while (number := ended(study)) < limit:
        pace.done = number
        trial = study.ask()
        indices = {key: trial.suggest_categorical(key, list(range(len(values)))) for key, values in space.items()}
        choice = {key: space[key][i] for key, i in indices.items()}
        trial.set_user_attr("owner", owner())
        twin = same_choice(study, trial)
        if twin is not None:  # training it again would give the same, so try something new
            trial.set_user_attr("repeats", twin.number)
            enqueue_untried(study, combinations, space, random.Random(f"{options.seed} {trial.number}"))
            study.tell(trial, *(() if twin.state.name == "PRUNED" else (twin.value,)), state=twin.state)
            continue
        logger.info("%s", pace.place())
        try:
            runs[trial.number] = run_trial(optuna, session, combination_of(combinations, choice), study, trial, log_id)
        except optuna.TrialPruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            logger.info("pruned: behind the median of the other trials at this epoch")
        except UserError as error:  # such as a loss that is not finite: bad for this choice, not for the search
            trial.set_user_attr("error", str(error))
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            logger.info("failed: %s", error)
    if not any(trial.state.name == "COMPLETE" for trial in study.trials):
        errors = [trial.user_attrs["error"] for trial in study.trials if "error" in trial.user_attrs]
        raise UserError(f"no trial finished; last: {errors[-1] if errors else 'all pruned'}")
    logger.info("\n%s\n", trials_table(study, space, combinations[0].settings.eval_monitor))
    best = study.best_trial
    choice = {key: space[key][i] for key, i in best.params.items()}
    logger.info("best by dev: %s", " ".join(f"--set {key}={value}" for key, value in choice.items()))
    return runs.get(best.number) or made_before(session, combination_of(combinations, choice), log_id)


def combination_of(combinations: Sequence[Combination], choice: dict[str, Any]) -> Combination:
    """The combination with this choice."""
    return next(each for each in combinations if each.choice == choice)


def open_study(
    optuna: Any, session: Session, combinations: Sequence[Combination], space: dict[str, list[Any]]
) -> tuple[Any, Path]:
    """The study of this search space, data set and fixed settings, new or continued."""
    options = session.options
    name = f"{options.method}_{options.dataset}_{short_name(options.text_backbone)}_{options.data_mode}"
    path = make_folder(Path(options.results_path) / "tuning") / f"{name}.journal"
    fixed = {key: value for key, value in combinations[0].values().items() if key not in space}
    flags = [options.train_ood, options.ood_dataset, options.seeds or [options.seed]]
    clips = {name: len(clips) for name, clips in session.data.splits.items()}
    study_name = digest([space, fixed, flags, clips, [path.name for path in session.data.sources]])[:12]
    try:
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        study = optuna.create_study(
            storage=optuna.storages.JournalStorage(backend),
            study_name=study_name,
            sampler=optuna.samplers.TPESampler(seed=options.seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=WARMUP),
            direction="maximize",
            load_if_exists=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path}: cannot be continued ({error}); move it away to begin a new search") from error
    if len(combinations) <= options.trials:  # nothing to guess: every combination once
        for each in combinations:
            params = {key: values.index(each.choice[key]) for key, values in space.items()}
            study.enqueue_trial(params, skip_if_exists=True)
    return study, path


def requeue(optuna: Any, study: Any) -> None:
    """Trials whose process has died are queued again; what they reported is taken over."""
    state = optuna.trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(state.RUNNING,)):
        if is_dead(trial.user_attrs.get("owner", {})):
            study.tell(trial.number, state=state.FAIL)
            if trial.params:
                study.enqueue_trial(trial.params, user_attrs={"continues": trial.number})


def ended(study: Any) -> int:
    """How many trials are finished or under way; those of a dead process do not count."""
    states = ("COMPLETE", "PRUNED", "RUNNING")
    counted = [trial for trial in study.trials if "repeats" not in trial.user_attrs]
    return sum(trial.state.name in states or "error" in trial.user_attrs for trial in counted)


def enqueue_untried(
    study: Any, combinations: Sequence[Combination], space: dict[str, list[Any]], chance: random.Random
) -> None:
    """Puts a combination that no trial has had at the head of the search."""
    tried = [trial.params for trial in study.trials]
    every = [{key: values.index(each.choice[key]) for key, values in space.items()} for each in combinations]
    study.enqueue_trial(chance.choice([params for params in every if params not in tried] or every))


def same_choice(study: Any, trial: Any) -> Any:
    """A finished trial with the same parameters, or None."""
    done = [other for other in study.trials if other.state.name in ("COMPLETE", "PRUNED")]
    return next((other for other in done if other.params == trial.params), None)


def run_trial(
    optuna: Any, session: Session, combination: Combination, study: Any, trial: Any, log_id: str
) -> list[Run]:
    """Trains a trial under every seed; under the first one it may be pruned."""
    options = session.options
    previous = trial.user_attrs.get("continues")
    reported = study.trials[previous].intermediate_values if previous is not None else {}
    for number, value in reported.items():
        trial.report(value, number)
    seeds = options.seeds or [options.seed]
    folder = folder_of(session, combination, seeds[0])

    def on_epoch(epoch: Epoch) -> None:
        if epoch.number not in reported:  # an epoch that was not kept is trained, and reported, again
            trial.report(epoch.score, epoch.number)
        if trial.should_prune():
            shutil.rmtree(folder / "resume", ignore_errors=True)
            raise optuna.TrialPruned

    runs = [run_once(session, combination, seed, log_id, on_epoch if seed == seeds[0] else None) for seed in seeds]
    monitor = combination.settings.eval_monitor
    study.tell(trial, oriented(monitor, statistics.fmean(run.dev_score for run in runs)))
    return runs


def made_before(session: Session, combination: Combination, log_id: str) -> list[Run]:
    """The best combination's runs where another process or an earlier command made them: as kept, or made again."""
    seeds = session.options.seeds or [session.options.seed]
    folders = [folder_of(session, combination, seed) for seed in seeds]
    records = [finished(folder) for folder in folders]
    if any(record is None for record in records):
        logger.info("the best trial's runs are not in %s: training them again", session.options.output_path)
        return [run_once(session, combination, seed, log_id) for seed in seeds]
    return [saved_run(folder, record, combination.choice) for folder, record in zip(folders, records) if record]


def folder_of(session: Session, combination: Combination, seed: int) -> Path:
    """The folder of a trial's run."""
    training = training_identity(session.checked, combination, seed)
    return run_folder(session.checked, training, testing_identity(session.checked), seed)


def trials_table(study: Any, space: dict[str, list[Any]], monitor: str) -> str:
    """All trials, best first, with their dev score by the monitor."""
    ended = [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]
    trials = [trial for trial in ended if "repeats" not in trial.user_attrs]
    trials.sort(key=lambda trial: (trial.state.name != "COMPLETE", -(trial.value or 0)))
    rows = []
    for trial in trials:
        values = [str(space[key][i]) for key, i in trial.params.items()]
        last = max(trial.intermediate_values, default=0)
        state = "" if trial.state.name == "COMPLETE" else f"pruned at epoch {last}"
        score = text_of(monitor, displayed(monitor, oriented(monitor, trial.value))) if trial.value is not None else ""
        rows.append([f"trial {trial.number}", *values, score, state])
    keys = list(trials[0].params) if trials else list(space)
    return format_table(["", *keys, f"dev {monitor}", "state"], rows)
