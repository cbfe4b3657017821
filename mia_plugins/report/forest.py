"""The first picture of a report: every group's seeds, means and intervals, beside the differences from the best."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

from ..plugin.picture import BLACK, BLUE, RED, Picture, figure, save
from . import differences
from .comparison import heading, is_percent, unit
from .differences import Difference
from .runs import Group

MOST = 12  # groups in one picture
WIDTH = 34  # characters of a line beside the picture


def draw_comparison(
    groups: Sequence[Group], found: Sequence[Difference], metric: str, clips: str, folder: Path, name: str
) -> Picture | None:
    """Points and intervals: the metric of every group on the left, differences from the best on the right.

    Args:
        groups: scored on the same test clips, the best first.
        found: the first group against each of the others.
        metric: what is drawn, in percent.
        clips: the name of the test clips.
        folder, name: of the files.
    """
    shown = [group for group in groups if group.values(metric)][:MOST]
    if len(shown) < 2:
        return None
    by_group = {id(each.other): each for each in found}
    with figure(8.5, 1.3 + 0.42 * len(shown)) as drawn:
        left, right = drawn.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        for place, group in enumerate(shown):
            draw_group(left, place, group.values(metric), 100 if is_percent(metric) else inf)
            if id(group) in by_group:
                draw_difference(right, place, by_group[id(group)])
        left.set_yticks(range(len(shown)), [wrapped(group.label) for group in shown])
        left.set_ylim(len(shown) - 0.5, -0.5)
        left.set(xlabel=f"{heading(metric)}{unit(metric)}")
        right.axvline(0, color=BLACK, linewidth=0.8)
        right.set(xlabel=f"the best minus this{' (points)' if is_percent(metric) else ''}")
        for axes in (left, right):
            axes.grid(visible=False, axis="y")
            axes.margins(x=0.08)
            axes.locator_params(axis="x", nbins=6)
        handles = {label: handle for handle, label in zip(*left.get_legend_handles_labels())}
        drawn.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=3)
        title = differences.finding(shown, found, metric, heading(metric))
        return save(drawn, folder, name, title=title, caption=caption(groups, shown, found, metric, clips))


def draw_group(axes: Any, place: int, values: Sequence[float], most: float) -> None:
    """A group's seeds, their mean, and from three seeds on its interval, which ends at ``most``."""
    mean, half = statistics.fmean(values), half_width(values)
    axes.plot(values, [place] * len(values), "o", color=BLUE, alpha=0.45, markersize=5, label="one seed")
    if len(values) > 1:
        axes.plot([mean], [place], "D", color=BLACK, markersize=5, label="mean")
    if half is not None:
        ends = [max(mean - half, 0), min(mean + half, most)]
        axes.plot(ends, [place] * 2, "-|", color=BLACK, linewidth=1.2, label="95 % interval of the mean")


def draw_difference(axes: Any, place: int, each: Difference) -> None:
    """The differences under every common seed, their mean and its interval; in orange where zero is outside."""
    if each.mean is None:
        return
    color = RED if each.excludes_zero else BLACK
    axes.plot(each.values, [place] * len(each.values), "o", color=BLUE, alpha=0.45, markersize=5)
    if len(each.values) > 1:
        axes.plot([each.mean], [place], "D", color=color, markersize=5)
    if each.low is not None and each.high is not None:
        axes.plot([each.low, each.high], [place] * 2, "-|", color=color, linewidth=1.2)


def caption(
    groups: Sequence[Group], shown: Sequence[Group], found: Sequence[Difference], metric: str, clips: str
) -> str:
    """What the picture shows, as far as it shows it."""
    parts = [f"{heading(metric)} on the test clips of {clips}"]
    if len(shown) < len(groups):
        parts[0] += f", the best {len(shown)} of {len(groups)} groups of runs"
    if any(len(group.values(metric)) > 2 for group in shown):
        parts.append("Left: intervals are Student's t over the seeds, so they show what another seed may change")
    elif any(len(group.values(metric)) > 1 for group in shown):
        parts.append("Left: two seeds are too few for an interval")
    overs = {each.over for each in found if each.low is not None}
    if overs == {"clips"}:
        parts.append(
            "Right: the interval is a paired bootstrap over the test clips, for one seed; other seeds may differ"
        )
    elif overs:
        parts.append("Right: differences under the same seed, with the t interval of their mean")
    elif any(each.values for each in found):
        parts.append("Right: differences under the same seed")
    if any(each.excludes_zero for each in found):
        parts.append("Orange intervals exclude zero")
    return ". ".join(parts) + "."


def half_width(values: Sequence[float]) -> float | None:
    """Half the 95 % interval of the mean by Student's t; None with fewer than three values, where it is of no use."""
    if len(values) < 3:
        return None
    from scipy.stats import t

    return float(t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5)


def wrapped(label: str) -> str:
    """A label in two lines at most."""
    lines = textwrap.wrap(label, WIDTH)
    return "\n".join(lines if len(lines) < 3 else [lines[0], f"{lines[1][: WIDTH - 1]}…"])
