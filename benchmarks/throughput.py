"""Rows: training clips a second against the host's MAG-BERT and MulT and a plain A-MESS; and the share of the floor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .data import make_data
from .processes import Bench, Result, child, host_run, rounds
from .startup import backbone_of
from .table import NO_HOST, Row, median, paired

GOALS = {"cpu": {"mag_bert": 3.0, "mult": 5.0, "plain": None}, "gpu": {"mag_bert": 3.0, "mult": 3.0, "plain": None}}
NAMES = {"mag_bert": "MMOIR's MAG-BERT", "mult": "MMOIR's MulT", "plain": "A-MESS written plainly"}
WARMUP = 1
STEPS = {8: 4, 64: 1}  # measured ones, of the sides whose steps all cost the same


def measure(bench: Bench) -> list[Row]:
    """The rows at batch 8 and 64."""
    found = []
    for batch in (8,) if bench.quick else (8, 64):
        done, failed = measure_batch(bench, batch)
        found += rows(bench, batch, done, failed)
    return found


def train_clips(bench: Bench, batch: int) -> int:
    """Training clips: whole epochs here, a few steps there; enough that clips of like length can be found."""
    if bench.quick or batch not in STEPS:
        return 4 * batch
    return {8: 128, 64: 384}[batch] if bench.device == "cpu" else {8: 1024, 64: 2048}[batch]


def measure_batch(bench: Bench, batch: int) -> tuple[list[dict[str, Result]], dict[str, str]]:
    """The rounds at one batch size."""
    backbone = backbone_of(bench)
    count = train_clips(bench, batch)
    data = make_data(bench.work / "data" / f"{count}", count)
    steps = (1 if bench.quick else STEPS.get(batch, 1)) if bench.device == "cpu" else 20
    warmup = WARMUP if bench.device == "cpu" else 5
    sides: dict[str, Any] = {"ours": lambda: ours(bench, batch, data, backbone)}
    if bench.mmoir:
        for method in ("mag_bert", "mult"):
            sides[method] = lambda method=method: host(bench, method, batch, data, backbone, warmup, steps)
    plain = {"data": str(data), "backbone": str(backbone), "batch": batch, "device": bench.device}
    sides["plain"] = lambda: child(bench, "plain", {**plain, "warmup": warmup, "steps": steps, **encoder(bench)})
    settings = {"batch": batch, "clips": count, "backbone": str(backbone), "steps": steps, "host": bench.host_python}
    return rounds(bench, f"throughput-{batch}", settings, sides)


def encoder(bench: Bench) -> dict[str, str]:
    """The sentence encoder, as a setting."""
    from .processes import sentence_encoder

    return {"sentence_encoder": sentence_encoder(bench)}


def ours(
    bench: Bench,
    batch: int,
    data: Path,
    backbone: Path,
    precision: str = "float32",
    rate: bool = True,
    epochs: int = 1,
    **chosen: Any,
) -> Result:
    """A-MESS here, whole epochs; ``chosen`` are arguments of :func:`benchmarks.ours.measure`."""
    warm = make_data(bench.work / "data" / f"{2 * batch}", 2 * batch)
    settings = {"data": str(data), "warm": str(warm), "backbone": str(backbone), "batch": batch}
    settings.update(device=bench.device, precision=precision, rate=rate, epochs=epochs, **encoder(bench), **chosen)
    return child(bench, "ours", settings)


def host(bench: Bench, method: str, batch: int, data: Path, backbone: Path, warmup: int, steps: int) -> Result:
    """A host's own method: the time between the ends of its steps."""
    chosen: dict[str, Any] = {"train_batch_size": batch}
    if method == "mult":
        chosen["n_levels"] = 2  # the first of the two that its config tries
    found = host_run(bench, method, data, backbone, chosen, steps=warmup + steps)
    ends = found["ends"]
    return {**found, "rate": steps * batch / (ends[-1] - ends[warmup - 1])}


def rows(
    bench: Bench, batch: int, done: list[dict[str, Result]], failed: dict[str, str], precision: str = "float32"
) -> list[Row]:
    """Ratios of clips a second, and the share of the floor."""
    device = "cpu" if bench.device == "cpu" else "gpu"
    rates = {side: median(done, side, lambda one: one["rate"]) for side in ("ours", "mag_bert", "mult", "plain")}
    text = f"batch {batch}, backbone {backbone_of(bench).name}, {train_clips(bench, batch)} clips"
    found = []
    for side, goal in GOALS[device].items():
        values = paired(done, "ours", side, lambda one: one["rate"])
        note = failed.get(side, failed.get("ours", ""))
        if not values and not note:
            note = NO_HOST
        numbers = f"{text}: {rates['ours']:.1f} against {rates[side]:.1f} clips/s" if values else text
        found.append(Row(f"training throughput, batch {batch}", NAMES[side], values, goal, True, "x", numbers, note))
    shares = tuple(
        one["ours"]["work"] * one["ours"]["rate"] / one["ours"]["matrix_rate"]
        for one in done
        if "matrix_rate" in one.get("ours", {})
    )
    if shares:
        rate = median([one for one in done if "ours" in one], "ours", lambda one: one["matrix_rate"])
        work = done[0]["ours"]["work"]
        goal = 0.5 if device == "gpu" and batch == 64 and precision == "bfloat16" else None
        numbers = f"{work / 1e9:.1f} Gflop a clip; {rate / 1e9:.0f} Gflop/s measured, {precision}"
        what = f"share of the floor, batch {batch}, {precision}"
        found.append(Row(what, "matrix rate", shares, goal, True, "%", numbers))
        own = tuple(
            one["ours"]["work"] * one["ours"]["rate"] / one["ours"]["own_rate"] for one in done if "ours" in one
        )
        rate = median([one for one in done if "ours" in one], "ours", lambda one: one["own_rate"])
        numbers = f"{rate / 1e9:.0f} Gflop/s in a product of the batch's tokens with a feed-forward layer, {precision}"
        found.append(Row(what, "matrix rate at the batch's own size", own, None, True, "%", numbers))
    return found
