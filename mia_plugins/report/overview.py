"""The head of a report: what was run, what came out, and whether the differences are real."""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..evaluation.metrics import METRICS, shown_in_tables
from ..evaluation.uncertainty import paired_test
from ..plugin.picture import BLACK, BLUE, Picture, figure, save
from .page import Page
from .runs import Group
from .saved import plain

MOST_COMPARED = 12  # groups in one picture and in the list of tests
MAIN = {False: ("acc", "f1"), True: ("oid_acc", "oid_f1")}  # what a comparison looks at, with test_ood or without


def comparable(groups: Sequence[Group]) -> dict[str, list[Group]]:
    """Groups that were scored on the same test clips, by the name of those."""
    found: dict[str, list[Group]] = {}
    for group in groups:
        record = group.first.record
        scope = ", in-scope and out-of-scope" if record["test_ood"] else ", in-scope"
        mode = record.get("data_mode")
        name = record["dataset"] + scope + (", binary" if mode == "binary-class" else "")
        found.setdefault(name, []).append(group)
    return found


def about(groups: Sequence[Group]) -> list[str]:
    """What was run, when and with what, a line each."""
    records = [run.record for group in groups for run in group.runs]

    def values(read: Any) -> str:
        found = sorted({plain(value) for value in map(read, records) if value not in (None, "")})
        return ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")

    def identity(record: Any, name: str) -> Any:
        training = record.get("training")
        return training.get(name) if isinstance(training, dict) else None

    seconds = [record["seconds"] for record in records if isinstance(record.get("seconds"), (int, float))]
    dates = sorted(record["date"] for record in records if isinstance(record.get("date"), str))
    made = f"{plain(dates[0])[:10]} to {plain(dates[-1])[:10]}" if dates else ""
    facts = {
        "Runs": f"{len(records)} in {len(groups)} groups (a group's runs differ in their seed alone)",
        "Seeds": values(lambda record: record["seed"]),
        "Text backbone": values(lambda record: record["text_backbone"]),
        "Device": values(lambda record: record.get("device")),
        "Made": made,
        "Time": f"{sum(seconds) / 60:.1f} minutes in all" if seconds else "",
        "Version": values(lambda record: identity(record, "version")),
        "Code": values(lambda record: str(identity(record, "code") or "")[:10]),
        "This report": f"mia-plugins {__version__}, {datetime.datetime.now():%Y-%m-%d %H:%M}",
    }
    return [f"{name}: {value}" for name, value in facts.items() if value]


def add_tables_of_metrics(page: Page, groups: Sequence[Group]) -> None:
    """A row a group, in a table for each kind of metric that some group has; the best mean of a column is marked."""
    for heading, names in shown_in_tables().items():
        having = [group for group in groups if group.values(names[0])]
        if not having:
            continue
        rows = [[group.label, str(len(group.runs)), *(group.text(name) for name in names)] for group in having]
        bold = {(i, j + 2) for j, name in enumerate(names) for i in best(having, name)}
        page.table([heading, "seeds", *names], rows, bold)


def best(groups: Sequence[Group], metric: str) -> list[int]:
    """The places of the groups whose mean is the best; none where there is nothing to compare."""
    means = {
        i: round(statistics.fmean(group.values(metric)), 2) for i, group in enumerate(groups) if group.values(metric)
    }
    if len(means) < 2:
        return []
    higher = METRICS[metric].higher_is_better if metric in METRICS else True
    top = (max if higher else min)(means.values())
    return [i for i, mean in means.items() if mean == top]


def comparisons(groups: Sequence[Group]) -> list[str]:
    """Tests of the group with the best mean against each other one, over their common seeds."""
    metric = main_metric(groups)
    places = best(groups, metric)
    if not places:
        return []
    first = groups[places[0]]
    lines = []
    for other in [group for group in groups if group is not first][: MOST_COMPARED - 1]:
        pairs = [
            (a.record["metrics"][metric], b.record["metrics"][metric])
            for a in first.runs
            for b in other.runs
            if a.record["seed"] == b.record["seed"] and metric in a.record["metrics"] and metric in b.record["metrics"]
        ]
        what = f"{first.label} − {other.label}, {metric}"
        if len(pairs) < 2:
            lines.append(f"{what}: {len(pairs)} common seed(s), too few for a test")
            continue
        result = paired_test([mine for mine, _ in pairs], [theirs for _, theirs in pairs])
        verdict = "no difference beyond chance is shown"
        if result.p_value < 0.05:
            verdict = "the difference is beyond chance"
        elif result.smallest_p >= 0.05:
            verdict = "too few seeds to tell"
        lines.append(
            f"{what}: {result.mean_difference:+.2f} points (95 % t interval {result.low:+.2f} to {result.high:+.2f}), "
            f"p = {result.p_value:.3g} by a paired permutation test over {result.n} common seeds, which allow no p below "
            f"{result.smallest_p:.3g}: {verdict}"
        )
    return lines


def main_metric(groups: Sequence[Group]) -> str:
    """What a comparison looks at first."""
    names = MAIN[groups[0].first.record["test_ood"]]
    return names[0] if groups[0].values(names[0]) else "acc"


def draw_comparison(groups: Sequence[Group], clips: str, folder: Path, name: str) -> Picture | None:
    """Every group's seeds as points, with their mean and its 95 % interval over the seeds."""
    metric = main_metric(groups)
    shown = [group for group in groups if group.values(metric)][:MOST_COMPARED]
    if len(shown) < 2:
        return None
    with figure(7.5, 1.0 + 0.32 * len(shown)) as drawn:
        axes = drawn.subplots()
        for place, group in enumerate(shown):
            values = group.values(metric)
            mean = statistics.fmean(values)
            axes.plot(values, [place] * len(values), "o", color=BLUE, alpha=0.5, markersize=5, clip_on=False)
            half = half_width(values)
            axes.errorbar([mean], [place], xerr=[half] if half else None, fmt="D", color=BLACK, markersize=5, capsize=3)
        axes.set_yticks(range(len(shown)), [shortened(group.label) for group in shown])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set(xlabel=f"{metric} (%)")
        axes.grid(visible=False, axis="y")
        caption = (
            f"{metric} on the test clips of {clips}. Points are seeds; the diamond is their mean, the bar its 95 % "
            "t interval over the seeds (none with one seed). Bars show what a new seed may change, not new clips."
        )
        return save(drawn, folder, name, title=finding(shown, metric), caption=caption)


def half_width(values: Sequence[float]) -> float | None:
    """Half the 95 % interval of the mean by Student's t; None of a single value."""
    if len(values) < 2:
        return None
    from scipy.stats import t

    return float(t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5)


def finding(groups: Sequence[Group], metric: str) -> str:
    """Who has the best mean, in words."""
    (place, *others) = best(groups, metric)
    if others:
        return f"{1 + len(others)} groups share the best mean {metric}, {groups[place].text(metric)}"
    return f"{shortened(groups[place].label)} has the best mean {metric}, {groups[place].text(metric)}"


def shortened(label: str) -> str:
    """A label that fits beside a picture."""
    return label if len(label) <= 60 else f"{label[:59]}…"
