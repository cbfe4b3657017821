"""Row: time from the command to the first training step, at a second start, against the host's."""

from __future__ import annotations

from pathlib import Path

from .backbones import make_backbone
from .data import make_data
from .processes import Bench, Result, host_run, our_run, rounds
from .table import NO_HOST, Row, median, paired

LEAST, REAL = 32, 9304  # training clips: next to none; all in-scope clips of MIntRec2.0


def measure(bench: Bench) -> list[Row]:
    """The rows: on the largest data set, and on a tiny one, which shows what imports and weights alone take."""
    backbone = backbone_of(bench)
    found = []
    times: dict[tuple[str, int], float] = {}
    for count in (bench.clips, LEAST):
        data = make_data(bench.work / "data" / f"{count}", count)

        def ours(data: Path = data) -> Result:
            return our_run(bench, data, backbone, {"train_batch_size": 8}, steps=1)

        def host(data: Path = data) -> Result:
            return host_run(bench, "mag_bert", data, backbone, {"train_batch_size": 8}, steps=1)

        settings = {"clips": count, "backbone": str(backbone)}
        sides = {"ours": ours, **({"host": host} if bench.mmoir else {})}
        ours()  # the first start, after which every other is a second one; it also warms the file cache
        done, failed = rounds(bench, f"startup-{count}", settings, sides)
        values = paired(done, "ours", "host", lambda one: one["first_forward"])
        seconds = {side: median(done, side, lambda one: one["first_forward"]) for side in sides}
        times.update({(side, count): value for side, value in seconds.items()})
        imports = {side: median(done, side, lambda one: one["marks"]["torch imported"]) for side in sides}
        text = ", ".join(f"{side} {seconds[side]:.1f} s (torch after {imports[side]:.1f} s)" for side in sides)
        found.append(
            Row(
                f"command to first training step, {count} clips",
                "MMOIR, mag_bert",
                values,
                1 / 10 if count == bench.clips else None,
                False,
                "x",
                f"second start, backbone {backbone.name}: {text}",
                "; ".join(f"{side}: {why}" for side, why in failed.items()) or ("" if bench.mmoir else NO_HOST),
            )
        )
    if bench.mmoir and not bench.quick:
        found.append(extrapolated(bench, times))
    return found


def extrapolated(bench: Bench, times: dict[tuple[str, int], float]) -> Row:
    """The ratio at the real data set's size by the straight line through both sizes: the host's memory is too much here.

    Args:
        bench: where and how.
        times: (side, clips) -> median seconds.
    """
    seconds = {}
    for side in ("ours", "host"):
        slope = (times[side, bench.clips] - times[side, LEAST]) / (bench.clips - LEAST)
        seconds[side] = times[side, LEAST] + slope * (REAL - LEAST)
    return Row(
        f"the same, extrapolated to {REAL} clips",
        "MMOIR, mag_bert",
        (seconds["ours"] / seconds["host"],),
        None,
        False,
        "x",
        f"not measured: ours {seconds['ours']:.1f} s, host {seconds['host']:.1f} s, which would take some 27 GB",
    )


def backbone_of(bench: Bench) -> Path:
    """The folder of the backbone that both sides load."""
    if Path(bench.backbone).is_dir():
        return Path(bench.backbone).resolve()
    return make_backbone(bench.work / "backbones", bench.backbone)
