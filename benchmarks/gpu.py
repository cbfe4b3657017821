"""Rows for a GPU: throughput and memory at two sizes and two precisions, share of the floor, scoring."""

from __future__ import annotations

from dataclasses import replace

from . import scoring, throughput
from .backbones import make_backbone
from .data import make_data
from .processes import Bench, Result, rounds
from .startup import backbone_of
from .table import Row, median

GIB = 1 << 30
PRECISIONS = ("float32", "bfloat16")


def base(bench: Bench) -> list[Row]:
    """Rows of the smaller backbone."""
    return sized(bench, 0)


def large(bench: Bench) -> list[Row]:
    """Rows of the larger backbone."""
    return sized(bench, 1)


def sized(bench: Bench, which: int) -> list[Row]:
    """Rows of one backbone at both batch sizes; the memory goal is for the larger one at batch 8."""
    sizes, batches = plan(bench)
    chosen = replace(bench, backbone=sizes[which], repetitions=1)
    found = []
    for batch in batches:
        found += measure_size(chosen, batch, goal=which == 1 and batch == 8)
    return found


def against(bench: Bench) -> list[Row]:
    """Throughput against the other sides, with the smaller backbone, in float32 as theirs."""
    sizes, batches = plan(bench)
    small = replace(bench, backbone=sizes[0])
    found = []
    for batch in batches:
        done, failed = throughput.measure_batch(small, batch)
        found += [row for row in throughput.rows(small, batch, done, failed) if "floor" not in row.what]
    return found


def scored(bench: Bench) -> list[Row]:
    """Scoring, with the smaller backbone."""
    return scoring.measure(replace(bench, backbone=plan(bench)[0][0], utterances=64 if bench.quick else 10_000))


def plan(bench: Bench) -> tuple[tuple[str, str], tuple[int, int]]:
    """Backbones and batch sizes; tiny ones where there is no GPU or no time."""
    if bench.device == "cpu" or bench.quick:
        return ("tiny", "small"), (4, 8)
    return ("base", "large"), (64, 8)


def measure_size(bench: Bench, batch: int, goal: bool) -> list[Row]:
    """Ours at one size and batch, in both precisions: clips a second, memory, share of the floor."""
    backbone = make_backbone(bench.work / "backbones", bench.backbone)
    count = throughput.train_clips(bench, batch)
    data = make_data(bench.work / "data" / f"{count}", count)

    def one(precision: str) -> Result:
        return throughput.ours(bench, batch, data, backbone, precision, epochs=1 if bench.quick else 3)

    sides = {precision: lambda precision=precision: one(precision) for precision in PRECISIONS}
    settings = {"batch": batch, "clips": count, "backbone": str(backbone)}
    done, failed = rounds(bench, f"gpu-{bench.backbone}-{batch}", settings, sides)
    found = []
    for precision in PRECISIONS:
        name = f"{backbone_of(bench).name}, batch {batch}, {precision}"
        mine = [{"ours": one[precision]} for one in done if precision in one]
        rates = tuple(one["ours"]["clips"] / seconds for one in mine for seconds in one["ours"]["seconds"])
        note = failed.get(precision, "")
        found.append(Row("training throughput", "-", rates, None, True, "clips/s", name, note))
        if any("gpu_reserved" in one["ours"] for one in mine):
            peaks = tuple(one["ours"]["gpu_reserved"] / GIB for one in mine)
            allocated = median(mine, "ours", lambda one: one["gpu_allocated"]) / GIB
            text = f"{name}; reserved, of which in use at once {allocated:.1f} GiB"
            limit = 8e9 / GIB if goal else None  # the goal says GB
            found.append(Row("GPU memory of training", "the paper's 24 GB", peaks, limit, False, "GiB", text))
        found += [
            replace(row, settings=f"{name}; {row.settings}")
            for row in throughput.rows(bench, batch, mine, failed, precision)
            if "floor" in row.what
        ]
    return found
