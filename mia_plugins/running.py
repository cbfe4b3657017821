"""One run after another: options to settings, data, model, manager, results."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from easydict import EasyDict

from .backbones import DEMO, load_tokenizer, resolve, short_name
from .data.clips import LoadedData, load_clips
from .demo import build_demo
from .devices import choose_device, freeze_backbone, set_seed
from .errors import UserError
from .files import cache_folder
from .loading import make_loaders
from .logs import logger, start_log
from .method import Method, Task
from .params import load_param
from .registry import DATASET_GROUP, METHOD_GROUP, find
from .results import METRICS, Results, Run, append_row, metrics_table, save_arrays
from .settings import TrainSettings, grid, parse_assignments, split_settings

TABLES = {
    "in-scope (%)": ("acc", "f1", "prec", "rec", "weighted_f1", "weighted_prec"),
    "IS + OOS (%)": ("oid_acc", "f1-known", "f1-open", "oid_f1"),
    "OOS detection (%)": ("auroc", "aupr_in", "aupr_out", "fpr95", "eer", "der"),
}

DEMO_SETTINGS = {"num_train_epochs": 8}  # some two minutes on two cores


def run(options: argparse.Namespace) -> Results:
    """Runs every combination of the grid under every seed.

    Args:
        options: as :func:`mia_plugins.options.make_parser` makes them.

    Raises:
        UserError: something of the user's is wrong.
    """
    method: Method = find(METHOD_GROUP, options.method)
    adapter = find(DATASET_GROUP, options.dataset)
    demo = options.data_path is None
    if demo and options.dataset != "MIntRec2.0":
        raise UserError(f"there is no demo data for {options.dataset}; give --data_path DIR")
    param = load_param(method, options.dataset, options.config_file_name)
    apply_defaults(options, param, demo)
    values = {
        **param(options).hyper_param,
        **(DEMO_SETTINGS if demo else {}),
        **parse_assignments(options.assignments),
        **getattr(options, "set", {}),
    }
    device = choose_device(options.gpu_id)
    combinations = [
        (choice, *split_settings(chosen, TrainSettings, method.settings)) for chosen, choice in grid(values)
    ]
    log_id = f"{options.method}_{options.dataset}_{options.data_mode}_{time.strftime('%Y-%m-%d-%H-%M-%S')}"
    log_file = start_log(Path(options.log_path), log_id)
    if demo:
        logger.info(
            "demo: made utterances, video and audio, built for this project; its figures say nothing of real data"
        )
        options.data_path = str(build_demo(cache_folder() / "demo"))
    data = load_clips(
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
    source = resolve(options.text_backbone)
    tokenizer = load_tokenizer(source)
    for path in data.sources:
        logger.info("read %s", path)
    logger.info("clips: %s; device: %s", ", ".join(f"{k} {len(v)}" for k, v in data.splits.items()), device)

    runs = []
    for choice, settings, own in combinations:
        for seed in options.seeds or [options.seed]:
            runs.append(
                run_once(options, method, adapter, data, tokenizer, source, choice, settings, own, seed, device, log_id)
            )
    table = metrics_table(runs, TABLES)
    if demo:
        table += "\n\nThis is the demo: made data. For your own, give --data_path DIR."
    logger.info("\n%s\n", table)
    return Results(runs, table, log_file)


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
    options: argparse.Namespace,
    method: Method,
    adapter: Any,
    data: LoadedData,
    tokenizer: Any,
    source: str,
    choice: dict[str, Any],
    settings: TrainSettings,
    own: Any,
    seed: int,
    device: torch.device,
    log_id: str,
) -> Run:
    """Trains (or restores), tests and keeps one model."""
    logger.info("seed %d%s", seed, "".join(f", {key}={value}" for key, value in choice.items()))
    folder = run_folder(options, choice, seed)
    as_class = options.train_ood and settings.ood_training == "k_plus_1"
    task = Task(
        dataset=options.dataset,
        labels=tuple(data.labels),
        num_classes=len(data.labels) + as_class,
        text_backbone=source,
        text_length=adapter.max_lengths["text"],
        video_length=adapter.max_lengths["video"],
        audio_length=adapter.max_lengths["audio"],
        video_dim=data.video_dim,
        audio_dim=data.audio_dim,
    )
    args = EasyDict(
        train=options.train,
        save_model=options.save_model,
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
        identity=identity(method, task, settings, own, seed, data),
    )
    set_seed(seed)
    model = method.build(task, own).to(device)
    if options.freeze_backbone_parameters:
        freeze_backbone(model)
    loaders = make_loaders(data, tokenizer, task.text_length, settings, options.num_workers, device)
    manager = method.manager(args, loaders, model)
    if options.train:
        manager._train(args)
    results = manager._test(args)
    metrics = {
        key: 100 * float(value)
        for key, value in results.items()
        if isinstance(value, (int, float, np.number)) and key != "best_eval_score"
    }
    if options.save_results:
        save_arrays(folder, results)
        row: dict[str, Any] = {key: round(metrics[key], 2) for key in METRICS if key in metrics}
        if "best_eval_score" in results:
            row[f"eval_{settings.eval_monitor}"] = round(results["best_eval_score"], 4)
        row.update(
            dataset=options.dataset,
            ood_dataset=options.ood_dataset or adapter.ood_dataset,
            method=options.method,
            text_backbone=options.text_backbone,
            video_feats=options.video_feats or "",
            audio_feats=options.audio_feats or "",
            seed=seed,
            log_id=log_id,
            **choice,
        )
        path = Path(options.results_path) / options.results_file_name
        append_row(path, row)
        logger.info("results: %s", path)
    return Run(seed, choice, metrics, {k: v for k, v in results.items() if isinstance(v, np.ndarray)}, folder)


def identity(
    method: Method, task: Task, settings: TrainSettings, own: Any, seed: int, data: LoadedData
) -> dict[str, Any]:
    """What must be equal for a checkpoint to fit a run."""
    return {
        "method": method.name,
        "seed": seed,
        **dict(vars(task).items()),
        **vars(settings),
        **vars(own),
        "train_clips": len(data.splits["train"]),
    }
