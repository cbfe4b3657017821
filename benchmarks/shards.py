"""Rows: a folder of feature files, from ten thousand clips to a hundred thousand: conversion, and memory of an epoch.

``python -m benchmarks.shards SETTINGS`` is the process that is measured. Lengths are those of :mod:`benchmarks.data`,
frames are 16 numbers wide and saved as float16, so that a hundred thousand clips take 2 GB in all. The model is a mean
over frames and a linear layer: what is measured is how clips get to a model.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from .backbones import make_backbone
from .data import HEADER, SPLITS, draw_clip
from .processes import Bench, Failed, Result, child
from .table import Row

SIZES = (10_000, 30_000, 100_000)
WIDTH, SHARD, HELD_OUT, BATCH = 16, 1000, 32, 64
FOLDERS = {"video": "video_data/swin_roi", "audio": "audio_data/wavlm_feats"}
LAYOUTS = ("a file for 1,000 clips", "a file for each clip")
MIB = 1 << 20


def measure(bench: Bench) -> list[Row]:
    """Both layouts at every size. The files are deleted before the next ones are made."""
    backbone = make_backbone(bench.work / "backbones", "tiny")
    found = []
    for layout in LAYOUTS:
        peaks: dict[int, float] = {}
        for clips in (64, 128) if bench.quick else SIZES:
            data = bench.work / "data" / "shards"
            try:
                make_folders(data, clips, single=layout == LAYOUTS[1])
                settings = {"data": str(data), "backbone": str(backbone)}
                first, again = (child(bench, "shards", settings) for _ in range(2))
                peaks[clips] = again["peak"]
                found += rows(layout, clips, first, again)
                bench.log(f"shards: {found[-1].settings}")
            except Failed as error:
                found.append(Row(f"{clips} clips, {layout}", "-", note=str(error)))
            finally:
                shutil.rmtree(data, ignore_errors=True)
                shutil.rmtree(bench.work / "cache" / "features", ignore_errors=True)
        if len(peaks) > 1:
            least, most = min(peaks), max(peaks)
            slope = (peaks[most] - peaks[least]) / (most - least) / 1024
            text = ", ".join(f"{clips} clips: {peak / MIB:.0f} MiB" for clips, peak in peaks.items())
            found.append(Row(f"memory a clip adds, {layout}", "nothing", (slope,), 20.0, False, "KiB", text))
    return found


def rows(layout: str, clips: int, first: Result, again: Result) -> list[Row]:
    """What one data set took: its conversion, and a start and an epoch with the stores made."""
    name = f"{clips} clips, {layout}"
    text = f"{name}: {first['open']:.1f} s to convert and open, peak {first['opened_peak'] / MIB:.0f} MiB"
    converted = Row(f"conversion of {name}", "-", (first["open"],), None, False, "s", text)
    text = f"{name}: opened in {again['open']:.1f} s, epoch {again['epoch']:.1f} s, peak {again['peak'] / MIB:.0f} MiB"
    text += f", before the epoch {again['opened_peak'] / MIB:.0f}, {again['files']} files open"
    return [converted, Row(f"an epoch of {name}", "-", (again["peak"] / MIB,), None, False, "MiB", text)]


def make_folders(folder: Path, train: int, single: bool, seed: int = 0) -> None:
    """A data set in MIntRec2.0's layout, with folders for features.

    Args:
        folder: becomes what ``--data_path`` takes.
        train: training clips.
        single: a ``.npy`` for each clip; otherwise a ``.npz`` for every :data:`SHARD` of them.
        seed: the same seed makes the same files.
    """
    draws = np.random.default_rng(seed)
    scope = folder / "MIntRec2.0" / "in-scope"
    lengths: list[dict[str, int]] = []
    scope.mkdir(parents=True)
    for split, count in zip(SPLITS, (train, HELD_OUT, HELD_OUT)):
        with open(scope / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(HEADER)
            for i in range(count):
                row, frames = draw_clip(draws, len(lengths), i, 1.0)
                lengths.append(frames)
                writer.writerow(row)
    for kind, path in FOLDERS.items():
        (scope / path).mkdir(parents=True)
        block = draws.standard_normal((4096, WIDTH)).astype(np.float16)
        starts = draws.integers(0, 2048, len(lengths)).tolist()
        clips = [block[at : at + count[kind]] for at, count in zip(starts, lengths)]
        for at in range(0, len(clips), SHARD):
            table = {f"dia{i // 10}_utt{i % 10}": clips[i] for i in range(at, min(at + SHARD, len(clips)))}
            if not single:
                np.savez(scope / path / f"part{at // SHARD:04}.npz", **table)
            for key, frames in table.items() if single else ():
                np.save(scope / path / f"{key}.npy", frames)


def train(data: str, backbone: str) -> dict[str, Any]:
    """Opens a data set and trains for an epoch; bytes and seconds.

    Args:
        data: of :func:`make_folders`.
        backbone: folder with a tokenizer.
    """
    import torch
    from transformers import AutoTokenizer

    from mia_plugins.training.loading import make_loader

    from .sessions import load

    began = time.perf_counter()
    clips = load(data).splits["train"]
    loader = make_loader(
        clips,
        tokenizer=AutoTokenizer.from_pretrained(backbone),
        text_length=30,
        batch_size=BATCH,
        device=torch.device("cpu"),
        shuffle=True,
    )
    opened, opened_peak = time.perf_counter(), peak()
    model = torch.nn.Linear(2 * WIDTH, 30)
    optimizer = torch.optim.AdamW(model.parameters())
    for batch in loader:
        parts = [batch[f"{kind}_feats"].sum(1) / batch[f"{kind}_lengths"][:, None] for kind in FOLDERS]
        loss = torch.nn.functional.cross_entropy(model(torch.cat(parts, 1)), batch["label_ids"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    files = len(list(Path("/proc/self/fd").iterdir())) - 1
    found = {"open": opened - began, "epoch": time.perf_counter() - opened, "files": files}
    return {**found, "opened_peak": opened_peak, "peak": peak(), "clips": len(clips)}


def peak() -> int:
    """The largest resident size so far, in bytes; that of the kernel's resource usage begins with the parent's."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    print(json.dumps(train(**json.loads(sys.argv[1]))))
