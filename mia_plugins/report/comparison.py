"""Groups of runs side by side: which may be compared, in what order, and a table of their metrics."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from ..evaluation.metrics import METRICS, shown_in_tables, text_of
from .page import Page
from .runs import Group

OPEN = "oid_acc"  # what a comparison looks at with out-of-scope test clips
#: without them; the first of each problem is the main one
MAIN = {"multi-class": ("acc", "f1"), "multi-label": ("macro_f1", "micro_f1"), "regression": ("MAE",)}


def problem_of(group: Group) -> str:
    """What the runs of a group learned; runs of older versions do not say."""
    return group.first.record.get("problem", "multi-class")


def comparable(groups: Sequence[Group]) -> dict[str, list[Group]]:
    """Groups that were scored on the same test clips, by the name of those, the best first."""
    by_clips: dict[str, list[Group]] = {}
    for group in groups:
        record = group.first.record
        scope = ", in-scope and out-of-scope" if record["test_ood"] else ", in-scope"
        scope = scope if problem_of(group) == "multi-class" else ""
        binary = ", binary" if record.get("data_mode") == "binary-class" else ""
        by_clips.setdefault(record["dataset"] + scope + binary, []).append(group)
    return {clips: in_order(same, main_metric(same)) for clips, same in by_clips.items()}


def in_order(groups: Sequence[Group], metric: str) -> list[Group]:
    """The groups by their mean, the best first; those without the metric last."""
    sign = -1 if higher_is_better(metric) else 1
    having = [group for group in groups if group.values(metric)]
    others = [group for group in groups if not group.values(metric)]
    return sorted(having, key=lambda group: sign * statistics.fmean(group.values(metric))) + others


def main_metric(groups: Sequence[Group]) -> str:
    """What a comparison of these groups looks at."""
    record = groups[0].first.record
    problem = problem_of(groups[0])
    usual = MAIN[problem][0]
    name = OPEN if record["test_ood"] and problem == "multi-class" else usual
    return name if any(group.values(name) for group in groups) else usual


def higher_is_better(metric: str) -> bool:
    """Whether a larger value is a better one."""
    return METRICS[metric].higher_is_better if metric in METRICS else True


def heading(metric: str) -> str:
    """A metric's name as papers print it."""
    return METRICS[metric].heading if metric in METRICS else metric


def unit(metric: str) -> str:
    """Behind a metric's name on an axis."""
    return " (%)" if is_percent(metric) else ""


def is_percent(metric: str) -> bool:
    """Whether a metric is shown in percent."""
    return METRICS[metric].percent if metric in METRICS else True


def best(groups: Sequence[Group], metric: str) -> list[int]:
    """The places of the groups whose mean is the best; none if there is nothing to compare."""
    having = {i: group.values(metric) for i, group in enumerate(groups) if group.values(metric)}
    means = {i: float(text_of(metric, statistics.fmean(values))) for i, values in having.items()}
    if len(means) < 2:
        return []
    top = (max if higher_is_better(metric) else min)(means.values())
    return [i for i, mean in means.items() if mean == top]


def add_metrics(page: Page, groups: Sequence[Group]) -> None:
    """A table for each kind of metric that some group has: a row for each group, the best mean of a column marked."""
    for kind, names in shown_in_tables().items():
        having = [group for group in groups if group.values(names[0])]
        if not having:
            continue
        names = tuple(name for name in names if any(group.values(name) for group in having))
        rows = [[group.label, str(len(group.runs)), *(group.text(name) for name in names)] for group in having]
        bold = {(i, j + 2) for j, name in enumerate(names) for i in best(having, name)}
        page.table([kind, "seeds", *names], rows, bold)
