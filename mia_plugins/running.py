"""One run after another: options to settings, data, model, manager, results."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from easydict import EasyDict
from torch import nn
from torch.utils.data import DataLoader

from .backbones import DEMO, load_tokenizer, resolve, short_name
from .data.batches import ClipDataset, collate, tokenize
from .data.clips import Clips, LoadedData, load_clips
from .demo import build_demo
from .errors import UserError
from .files import cache_folder, make_folder
from .manager import Loaders
from .method import Method, Task
from .params import load_param
from .registry import DATASET_GROUP, METHOD_GROUP, find
from .results import METRICS, Results, Run, append_row, metrics_table, save_arrays
from .settings import TrainSettings, grid, parse_assignments, split_settings

logger = logging.getLogger("mia_plugins")

TABLES = {
    "in-scope (%)": ("acc", "f1", "prec", "rec", "weighted_f1", "weighted_prec"),
    "IS + OOS (%)": ("oid_acc", "f1-known", "f1-open", "oid_f1"),
    "OOS detection (%)": ("auroc", "aupr_in", "aupr_out", "fpr95", "eer", "der"),
}


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
    values = {**param(options).hyper_param, **parse_assignments(options.assignments), **getattr(options, "set", {})}
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
    source = resolve(options.text_backbone)
    tokenizer = load_tokenizer(source)
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
        key: 100 * float(value) for key, value in results.items() if np.isscalar(value) and key != "best_eval_score"
    }
    if options.save_results:
        save_arrays(folder, results)
        row = {key: round(metrics[key], 2) for key in METRICS if key in metrics}
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


def make_loaders(
    data: LoadedData, tokenizer: Any, text_length: int, settings: TrainSettings, num_workers: int, device: torch.device
) -> Loaders:
    """Batches of every split; training shuffles, and mixes in the out-of-scope clips there are."""

    def loader(clips: Clips, batch_size: int, shuffle: bool = False) -> DataLoader:
        dataset = ClipDataset(clips, tokenize(clips.texts, tokenizer, text_length))
        return DataLoader(
            dataset,
            batch_size=batch_size,
            shuffle=shuffle,
            num_workers=num_workers,
            pin_memory=device.type == "cuda",
            collate_fn=Collate(tokenizer.pad_token_id or 0),
        )

    def joined(*names: str) -> Clips:
        clips = [data.splits[name] for name in names if name in data.splits]
        return clips[0] if len(clips) == 1 else Clips.concatenate(clips)

    return Loaders(
        train=loader(joined("train", "ood_train"), settings.train_batch_size, shuffle=True),
        dev=loader(data.splits["dev"], settings.eval_batch_size),
        test=loader(joined("test", "ood_test"), settings.eval_batch_size),
        reference=loader(data.splits["train"], settings.eval_batch_size),
    )


class Collate:
    """:func:`collate` with the tokenizer's padding id; an object, so that worker processes can receive it."""

    def __init__(self, pad_token_id: int) -> None:
        self.pad_token_id = pad_token_id

    def __call__(self, batch: list[Any]) -> dict[str, torch.Tensor]:
        return collate(batch, self.pad_token_id)


def set_seed(seed: int) -> None:
    """Seeds every random generator in use."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def freeze_backbone(model: nn.Module) -> None:
    """Leaves only the last layer of the text backbone to train, as the benchmark's option does."""
    backbone = getattr(model, "encoder", None)
    layers = getattr(getattr(backbone, "encoder", None), "layer", None)
    if layers is None:
        raise UserError("--freeze_backbone_parameters: this model has no text backbone to freeze")
    backbone.requires_grad_(False)
    layers[-1].requires_grad_(True)


def choose_device(gpu_id: str | None) -> torch.device:
    """The device to run on.

    Raises:
        UserError: a GPU is asked for that is not there.
    """
    if gpu_id is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if str(gpu_id).lower() == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not str(gpu_id).isdigit() or int(gpu_id) >= count:
        raise UserError(f"--gpu_id {gpu_id}: this machine has {count} usable GPUs; leave it out, or give cpu")
    return torch.device("cuda", int(gpu_id))


def start_log(folder: Path, log_id: str) -> Path:
    """Logs to a file of its own, and to the terminal without breaking the progress bars."""
    from tqdm import tqdm

    class Terminal(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tqdm.write(self.format(record))

    path = make_folder(folder) / f"{log_id}.log"
    try:
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); give another --log_path") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    logger.addHandler(Terminal())
    return path
