"""Row: peak memory of data preparation and training against the host's data manager, on the same files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace

from .backbones import make_backbone
from .data import make_data, pristine
from .processes import Bench, Result, host_run, our_run, rounds
from .table import NO_HOST, Row, median, paired

MIB = 1 << 20


def sizes(bench: Bench) -> tuple[int, int]:
    """Training clips of the data sets: enough for the largest batches there will be, and four times as many."""
    return bench.clips // 4, bench.clips


def measure(bench: Bench) -> list[Row]:
    """The rows. A small backbone, so that what the data take is not hidden below the model.

    Ours runs to the end: a first start that makes what it keeps, an epoch, the test. The host is stopped after three
    steps; what it holds then only grows.
    """
    backbone = make_backbone(bench.work / "backbones", "tiny")
    data = {count: make_data(bench.work / "data" / f"{count}", count) for count in sizes(bench)}
    settings = {"num_train_epochs": 1, "train_batch_size": 8, "eval_batch_size": 8}

    converted: set[int] = set()

    def ours(count: int, first: bool) -> Result:
        if first:
            pristine(data[count])
            shutil.rmtree(bench.work / "cache", ignore_errors=True)
            converted.clear()
        elif count not in converted:
            our_run(bench, data[count], backbone, settings)  # rounds in reverse order have had no first start yet
        converted.add(count)
        return our_run(bench, data[count], backbone, settings)

    def host(count: int) -> Result:
        return host_run(bench, "mag_bert", data[count], backbone, {"train_batch_size": 8}, steps=3)

    sides: dict[str, Callable[[], Result]] = {}
    for count in sizes(bench):
        sides[f"first {count}"] = lambda count=count: ours(count, True)
        sides[f"again {count}"] = lambda count=count: ours(count, False)
        if bench.mmoir:
            sides[f"host {count}"] = lambda count=count: host(count)
    done, failed = rounds(fewer_rounds(bench), "memory", {"sizes": sizes(bench)}, sides)
    return rows(bench, done, failed)


def fewer_rounds(bench: Bench) -> Bench:
    """Memory hardly varies: one round for a quick run, two otherwise."""
    return replace(bench, repetitions=1 if bench.quick else 2)


def taken(found: dict[str, Result], side: str, count: int, least: int, what: str = "peak_bytes") -> float:
    """What a side's data take: its peak above that of the same command on a quarter of the clips."""
    return max(found[f"{side} {count}"][what] - found[f"{side} {least}"][what], MIB)


def rows(bench: Bench, done: Sequence[dict[str, Result]], failed: dict[str, str]) -> list[Row]:
    """Ratios at the largest size, and what a clip adds."""
    least, most = sizes(bench)
    text = f"{most} training clips, made data, backbone tiny, batch 8; peak above that of {least} clips"
    note = "; ".join(f"{side}: {why}" for side, why in failed.items()) or ("" if bench.mmoir else NO_HOST)
    found = []
    for side, name in (("again", "second start"), ("first", "first start")):
        values = tuple(
            taken(one, side, most, least) / taken(one, "host", most, least)
            for one in done
            if all(f"{who} {count}" in one for who in (side, "host") for count in (least, most))
        )
        found.append(Row(f"peak memory, {name}", "MMOIR's data manager", values, 1 / 20, False, "x", text, note))
    whole = paired(done, f"again {most}", f"host {most}", lambda one: one["peak_bytes"])
    found.append(Row("peak of the whole process", "MMOIR", whole, None, False, "x", text))
    for side, name in (("again", "ours, second start"), ("first", "ours, first start"), ("host", "MMOIR")):
        slopes = tuple(
            (one[f"{side} {most}"]["peak_bytes"] - one[f"{side} {least}"]["peak_bytes"]) / (most - least) / 1024
            for one in done
            if all(f"{side} {count}" in one for count in (least, most))
        )
        goal = None if side == "host" else 20.0  # "constant": within what a text, a label and a key take
        peaks = ", ".join(
            f"{count}: {median(done, f'{side} {count}', lambda one: one['peak_bytes']) / MIB:.0f} MiB (no file's: "
            f"{median(done, f'{side} {count}', lambda one: one['peak_anonymous_bytes']) / MIB:.0f})"
            for count in sizes(bench)
        )
        found.append(Row("memory a clip adds", name, slopes, goal, False, "KiB", f"peaks: {peaks}"))
    return found
