"""Rows: what single changes brought, each taken back alone; and reading through the store against ``pickle.load``.

``python -m benchmarks.changes SETTINGS`` is the process that reads.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from . import throughput
from .backbones import make_backbone
from .data import FILES, make_data
from .processes import Bench, Result, child, rounds
from .table import Row, median, paired

WITHOUT: dict[str, dict[str, Any]] = {
    "batches of clips of similar length": {"length_batches": False},
    "frames padded to a multiple of 16": {"frame_step": 1},
}
RUNS = (("small", 16, 384), ("tiny", 8, 1000))  # backbone, clips a batch, training clips
MIB = 1 << 20


def measure(bench: Bench) -> list[Row]:
    """The rows."""
    found = []
    for size, batch, count in RUNS[:1] if bench.quick else RUNS:
        found += taken_back(bench, size, 4 if bench.quick else batch, 16 if bench.quick else count)
    return found + reading(bench)


def taken_back(bench: Bench, size: str, batch: int, count: int) -> list[Row]:
    """Clips a second and peak memory of training with everything, over those without one change."""
    backbone = make_backbone(bench.work / "backbones", size)
    data = make_data(bench.work / "data" / f"{count}", count)

    def train(**chosen: Any) -> Result:
        return throughput.ours(bench, batch, data, backbone, rate=False, **chosen)

    sides = {"all": train, **{name: lambda chosen=chosen: train(**chosen) for name, chosen in WITHOUT.items()}}
    settings = {"batch": batch, "clips": count, "backbone": str(backbone)}
    done, failed = rounds(bench, f"changes-{size}", settings, sides)
    found = []
    for name in WITHOUT:
        for what, key, unit, scale in (("throughput", "rate", "clips/s", 1), ("memory", "peak_bytes", "MiB", MIB)):
            values = paired(done, "all", name, lambda one, key=key: one[key])
            both = [median(done, side, lambda one, key=key: one[key]) / scale for side in ("all", name)]
            text = f"batch {batch}, {backbone.name}, {count} clips: {both[0]:.1f} against {both[1]:.1f} {unit}"
            note = failed.get(name, failed.get("all", ""))
            found.append(Row(f"{what}: {name}", "without", values, None, key == "rate", "x", text, note))
    return found


def reading(bench: Bench) -> list[Row]:
    """Time until the clips can be read, through the store and by unpickling the same files."""
    data = make_data(bench.work / "data" / f"{bench.clips}", bench.clips)
    sides = {way: lambda way=way: child(bench, "changes", {"data": str(data), "way": way}) for way in ("store", "load")}
    done, failed = rounds(bench, "reading", {"clips": bench.clips}, sides)
    note = "; ".join(f"{side}: {why}" for side, why in failed.items())
    found = []
    for name in ("first", "again"):
        values = paired(done, "store", "load", lambda one, name=name: one[name])
        both = [median(done, side, lambda one, name=name: one[name]) for side in sides]
        text = f"{bench.clips} clips: {both[0]:.2f} against {both[1]:.2f} s"
        found.append(Row(f"reading the clips, {name}", "pickle.load", values, None, False, "x", text, note))
    return found


def read(data: str, way: str) -> dict[str, float]:
    """Seconds until all splits are at hand, first and again; with ``load``, the pickles as they are.

    Args:
        data: of :func:`benchmarks.data.make_data`.
        way: ``store``: annotations and features as the run script reads them, first into an empty cache; ``load``: the
            feature files only.
    """
    from .sessions import load

    def once() -> float:
        began = time.perf_counter()
        if way == "store":
            load(data)
        else:
            for path in FILES.values():
                with open(Path(data) / "MIntRec2.0" / "in-scope" / path, "rb") as file:
                    pickle.load(file)
        return time.perf_counter() - began

    shutil.rmtree(Path(os.environ["MIA_PLUGINS_CACHE"]) / "features", ignore_errors=True)
    return {"first": once(), "again": once()}


if __name__ == "__main__":
    print(json.dumps(read(**json.loads(sys.argv[1]))))
