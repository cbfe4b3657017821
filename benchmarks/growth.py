"""How cost grows with clips, frames, batch and backbone: small runs of ours alone, one line each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import throughput
from .backbones import make_backbone
from .data import make_data
from .processes import Bench, Failed, Result, our_run
from .table import Row

MIB = 1 << 20
BASIS: dict[str, Any] = {"size": "small", "batch": 16, "frames": 1.0, "clips": 256}


def measure(bench: Bench) -> list[Row]:
    """Each of frames, batch and backbone varied alone; then clips, by the start and the memory of the command."""
    factor = 8 if bench.quick else 1
    large = ("base",) if bench.device == "cpu" else ("base", "large")
    varied: dict[str, tuple[Any, ...]] = {
        "frames": (0.5, 1.0, 2.0),
        "batch": (4, 16, 64),
        "size": ("tiny", "small") if bench.quick else ("tiny", "small", *large),
    }
    found = []
    for name, values in varied.items():
        for value in values:
            found.append(one(bench, name, value, {**BASIS, "clips": BASIS["clips"] // factor, name: value}))
    for count in (200, 400, 800, 1600):
        found += starts(bench, count // factor)
    return found


def one(bench: Bench, name: str, value: Any, chosen: dict[str, Any]) -> Row:
    """Clips a second under one choice."""
    count, frames = chosen["clips"], chosen["frames"]
    backbone = make_backbone(bench.work / "backbones", chosen["size"])
    data = make_data(bench.work / "data" / f"{count}-{frames}", count, frames=frames)
    text = ", ".join(f"{key} {setting}" for key, setting in chosen.items())
    try:
        found: Result = throughput.ours(bench, chosen["batch"], data, backbone, rate=False)
    except Failed as error:
        return Row(f"growth with {name}: {value}", "-", (), None, True, "clips/s", text, str(error))
    bench.log(f"growth: {name} {value}: {found['rate']:.1f} clips/s")
    text += f"; {found['work'] / 1e9:.2f} Gflop a clip, {found['work'] * found['rate'] / 1e9:.0f} Gflop/s"
    return Row(f"growth with {name}: {value}", "-", (found["rate"],), None, True, "clips/s", text)


def starts(bench: Bench, count: int) -> list[Row]:
    """Time to the first step and peak memory over the number of clips, at a second start."""
    backbone = make_backbone(bench.work / "backbones", "tiny")
    data: Path = make_data(bench.work / "data" / f"{count}", count)
    try:
        found = [our_run(bench, data, backbone, {"train_batch_size": 8}, steps=3) for _ in range(2)][-1]
    except Failed as error:
        return [Row(f"growth with clips: {count}", "-", (), None, False, "s", "", str(error))]
    text = f"peak {found['peak_bytes'] / MIB:.0f} MiB, no file's {found['peak_anonymous_bytes'] / MIB:.0f} MiB"
    bench.log(f"growth: {count} clips: first step after {found['first_forward']:.1f} s, {text}")
    first = (found["first_forward"],)
    return [Row(f"growth with clips: {count}", "-", first, None, False, "s", f"command to first step; {text}")]
