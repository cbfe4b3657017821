"""One run after another: options to settings, data, model, manager, results."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from easydict import EasyDict

from ..data.clips import Clips, LoadedData, load_clips
from ..demo import build_demo
from ..errors import UserError
from ..nn.backbones import DEMO, load_tokenizer, resolve, short_name
from ..plugin.method import Method, Task
from ..plugin.params import load_param
from ..plugin.registry import DATASET_GROUP, METHOD_GROUP, find
from ..plugin.settings import TrainSettings, grid, parse_assignments, split_settings
from ..system.devices import choose_device, freeze_backbone, set_seed
from ..system.files import cache_folder
from ..system.logs import logger, start_log
from ..system.processes import ALONE, World, start, world
from ..training.loading import joined, make_loader, make_loaders
from ..training.loop import Epoch
from .ablation import modality_worth, worth_cells
from .records import device_name, keep
from .results import METRICS, Results, Run, append_row, format_table, metrics_table, save_arrays

RECORDED = ("method", "dataset", "data_mode", "train_ood", "test_ood", "test_mode")  # options in a run's record
TABLES = {
    "in-scope (%)": ("acc", "f1", "prec", "rec", "weighted_f1", "weighted_prec"),
    "IS + OOS (%)": ("oid_acc", "f1-known", "f1-open", "oid_f1"),
    "OOS detection (%)": ("auroc", "aupr_in", "aupr_out", "fpr95", "eer", "der"),
}

DEMO_SETTINGS = {"num_train_epochs": 8}  # some two minutes on two cores


@dataclass(frozen=True)
class Session:
    """What the runs of one command share: the method, the data, the tokenizer, the device."""

    options: argparse.Namespace
    method: Method
    adapter: Any
    data: LoadedData
    tokenizer: Any
    source: str
    device: torch.device
    log_id: str


class Combination(NamedTuple):
    """One choice from the grid (the list-valued entries alone), and the settings it makes."""

    choice: dict[str, Any]
    settings: TrainSettings
    own: Any


def run(
    options: argparse.Namespace,
    load: Callable[[argparse.Namespace, Any], LoadedData] | None = None,
    together: bool = True,
) -> Results:
    """Runs every combination of the grid under every seed, or with ``--tune`` searches it.

    Args:
        options: as :func:`mia_plugins.runs.options.make_parser` makes them.
        load: reads the data (:func:`read_data`); a caller with many runs keeps what it read.
        together: processes that a launcher started share this training; false where each makes runs of its own.

    Raises:
        UserError: something of the user's is wrong.
    """
    method: Method = find(METHOD_GROUP, options.method)
    adapter = find(DATASET_GROUP, options.dataset)
    demo = options.data_path is None
    if demo and options.dataset != "MIntRec2.0":
        raise UserError(f"there is no demo data for {options.dataset}; give --data_path DIR")
    found = combinations(options, method, demo)
    device = choose_device(options.gpu_id)
    if together and (not options.tune or len(found) == 1):  # in a search, processes try combinations side by side
        start(device)
    log_id = f"{options.method}_{options.dataset}_{options.data_mode}_{time.strftime('%Y-%m-%d-%H-%M-%S')}"
    log_file = start_log(Path(options.log_path), log_id)
    if demo:
        logger.info(
            "demo: made utterances, video and audio, built for this project; its figures say nothing of real data"
        )
        options.data_path = str(build_demo(cache_folder() / "demo"))
    data = (load or read_data)(options, adapter)
    source = resolve(options.text_backbone)
    session = Session(options, method, adapter, data, load_tokenizer(source), source, device, log_id)
    for path in data.sources:
        logger.info("read %s", path)
    logger.info("clips: %s; device: %s", ", ".join(f"{k} {len(v)}" for k, v in data.splits.items()), device)

    if options.tune and len(found) > 1:
        from .tuning import tune  # Optuna is an extra

        runs = tune(session, found)
    else:
        if options.tune:
            logger.info("--tune: no setting is a list, so there is nothing to search")
        runs = [run_once(session, each, seed) for each in found for seed in options.seeds or [options.seed]]
    table = metrics_table(runs, TABLES)
    if demo:
        table += "\n\nThis is the demo: made data. For your own, give --data_path DIR."
    logger.info("\n%s\n", table)
    return Results(runs, table, log_file)


def combinations(options: argparse.Namespace, method: Method, demo: bool = False) -> list[Combination]:
    """The settings that options and config make: one combination, or with lists a grid; fills in default options.

    Raises:
        UserError: a setting is unknown or has a wrong value.
    """
    param = load_param(method, options.dataset, options.config_file_name)
    apply_defaults(options, param, demo)
    values = {
        **param(options).hyper_param,
        **(DEMO_SETTINGS if demo else {}),
        **parse_assignments(options.assignments),
        **getattr(options, "set", {}),
    }
    found = [
        Combination(choice, *split_settings(chosen, TrainSettings, method.settings)) for chosen, choice in grid(values)
    ]
    if not options.train_ood and any(each.settings.eval_monitor == "is_os_f1" for each in found):
        raise UserError("eval_monitor=is_os_f1 needs out-of-scope dev clips; add --train_ood, or choose another")
    return found


def read_data(options: argparse.Namespace, adapter: Any) -> LoadedData:
    """The clips that the options ask for."""
    return load_clips(
        adapter,
        options.data_path,
        data_mode="binary-class" if options.data_mode == "binary-class" else "multi-class",
        train_ood=options.train_ood,
        test_ood=options.test_ood,
        ood_dataset=options.ood_dataset,
        video_feats=options.video_feats,
        audio_feats=options.audio_feats,
        video_data_path=options.video_data_path,
        audio_data_path=options.audio_data_path,
    )


def apply_defaults(options: argparse.Namespace, param: Any, demo: bool) -> None:
    """Fills what the command line left out."""
    options.test_ood = options.test_ood or options.ood or demo
    options.train_ood = options.train_ood or demo
    for key, value in getattr(param, "defaults", {}).items():
        if getattr(options, key) is None:
            setattr(options, key, DEMO if demo and key == "text_backbone" else value)
    if options.text_backbone is None:
        options.text_backbone = DEMO if demo else "bert-base-uncased"
    if demo and not options.train and not model_folder(options, {}, options.seed).is_dir():
        options.train = True


def run_folder(options: argparse.Namespace, choice: dict[str, Any], seed: int) -> Path:
    """The folder of a run's files, named as the benchmark names it; a grid's choice adds a short digest."""
    name = f"{options.method}_{options.dataset}_{short_name(options.text_backbone)}_{options.data_mode}_{seed}"
    if choice:
        name += "_" + hashlib.sha256(json.dumps(choice, sort_keys=True).encode()).hexdigest()[:6]
    return Path(options.output_path) / name


def model_folder(options: argparse.Namespace, choice: dict[str, Any], seed: int) -> Path:
    """The folder of a run's saved model."""
    return run_folder(options, choice, seed) / options.model_path


def run_once(
    session: Session, combination: Combination, seed: int, on_epoch: Callable[[Epoch], None] | None = None
) -> Run:
    """Trains (or restores), tests and keeps one model; ``on_epoch`` hears of every epoch and may end it by an error."""
    options, method, data, device = session.options, session.method, session.data, session.device
    choice, settings, own = combination
    logger.info("seed %d%s", seed, "".join(f", {key}={value}" for key, value in choice.items()))
    started = time.monotonic()
    folder = run_folder(options, choice, seed)
    as_class = options.train_ood and settings.ood_training == "k_plus_1"
    lengths = session.adapter.max_lengths
    task = Task(
        dataset=options.dataset,
        labels=tuple(data.labels),
        num_classes=len(data.labels) + as_class,
        text_backbone=session.source,
        text_length=lengths["text"],
        video_length=lengths["video"],
        audio_length=lengths["audio"],
        video_dim=data.video_dim,
        audio_dim=data.audio_dim,
    )
    args = EasyDict(
        train=options.train,
        save_model=options.save_model and not world().rank,
        resume=options.resume,
        test_ood=options.test_ood,
        test_mode=options.test_mode,
        ood_detection_method=options.ood_detection_method,
        num_labels=len(data.labels),
        device=device,
    )
    # set apart: EasyDict would turn these objects' insides into EasyDicts and lists
    args.__dict__.update(
        settings=settings,
        model_output_path=model_folder(options, choice, seed),
        resume_path=folder / "resume",
        identity=identity(method, task, own, seed),
        on_epoch=on_epoch,
    )
    set_seed(seed)
    model = method.build(task, own).to(device)
    if options.freeze_backbone_parameters:
        freeze_backbone(model)
    loaders = make_loaders(data, session.tokenizer, task.text_length, settings, options.num_workers, device)
    manager = method.manager(args, loaders, model)
    history = manager._train(args) if options.train else []
    results = manager._test(args)
    metrics = percent(results)
    worth = measure_worth(session, manager, args) if options.modality_worth else None
    if options.save_results and not world().rank:
        save_arrays(folder, results)
        record = {
            **{name: getattr(options, name) for name in RECORDED},
            "text_backbone": short_name(options.text_backbone),
            "seed": seed,
            "choice": choice,
            "settings": {**vars(settings), **vars(own)},
            "labels": list(data.labels),
            "metrics": metrics,
            "history": [vars(epoch) for epoch in history or []],
            "modality_worth": worth,
            "device": device_name(device),
            "seconds": round(time.monotonic() - started, 1),
        }
        test = test_loader(session, joined(data, "test", "ood_test"), settings, ALONE)
        inspection = method.inspect(model, test, device) if method.inspect is not None else None
        keep(folder, record, test, session.tokenizer, inspection)
        row: dict[str, Any] = {key: round(metrics[key], 2) for key in METRICS if key in metrics}
        if "best_eval_score" in results:
            row[f"eval_{settings.eval_monitor}"] = round(results["best_eval_score"], 4)
        row.update(
            dataset=options.dataset,
            ood_dataset=options.ood_dataset or session.adapter.ood_dataset,
            method=options.method,
            text_backbone=options.text_backbone,
            video_feats=options.video_feats or "",
            audio_feats=options.audio_feats or "",
            seed=seed,
            log_id=session.log_id,
            folder=str(folder),
            **choice,
        )
        path = Path(options.results_path) / options.results_file_name
        append_row(path, row)
        logger.info("results: %s", path)
    arrays = {key: value for key, value in results.items() if isinstance(value, np.ndarray)}
    return Run(seed, choice, metrics, arrays, folder, float(results.get("best_eval_score", "nan")))


def percent(results: Mapping[str, Any]) -> dict[str, float]:
    """The metrics among a manager's results, in percent."""
    scalars = {key: value for key, value in results.items() if isinstance(value, (int, float, np.floating))}
    return {key: 100 * float(value) for key, value in scalars.items() if key != "best_eval_score"}


def measure_worth(session: Session, manager: Any, args: Any) -> list[dict[str, Any]]:
    """Scores the test clips again with each modality spoilt (:mod:`mia_plugins.runs.ablation`), and shows the table."""
    whole = manager.data

    def score(clips: Clips) -> dict[str, Any]:
        manager.data = dataclasses.replace(whole, test=test_loader(session, clips, args.settings, world()))
        return manager._test(args)

    try:
        rows = modality_worth(joined(session.data, "test", "ood_test"), session.data.splits["train"], score)
    finally:
        manager.data = whole
    logger.info("\n%s\n", format_table(*worth_cells(rows)))
    return rows


def test_loader(session: Session, clips: Clips, settings: TrainSettings, own: World) -> Any:
    """Batches of clips to score: all, or one process' share."""
    length = session.adapter.max_lengths["text"]
    size, by_length = settings.eval_batch_size, settings.length_batches
    return make_loader(clips, session.tokenizer, length, size, 0, session.device, by_length=by_length, own=own)


def identity(method: Method, task: Task, own: Any, seed: int) -> dict[str, Any]:
    """What must be equal for a saved model to fit a run: all that shapes it, and no path, so that it can be moved."""
    return {
        "method": method.name,
        "seed": seed,
        **vars(task),
        "text_backbone": short_name(task.text_backbone),
        **vars(own),
    }
