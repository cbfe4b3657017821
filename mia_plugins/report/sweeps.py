"""Accuracy and F1 over a setting that some runs differ in, such as the number of anchors (the paper's Fig. 4)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..evaluation.metrics import oriented, text_of
from ..plugin.picture import BLUE, RED, Picture, figure, save
from .comparison import MAIN, heading, higher_is_better, is_percent, problem_of, unit
from .runs import Group, identity
from .saved import finite


@dataclass(frozen=True)
class Sweep:
    """Groups of runs that differ in one number alone, in its order."""

    setting: str
    groups: Sequence[Group]

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is drawn: the main metrics of the groups' problem."""
        return MAIN[problem_of(self.groups[0])]

    @property
    def values(self) -> list[float]:
        """The number of each group."""
        return [group.first.record["settings"][self.setting] for group in self.groups]


def sweeps(groups: Sequence[Group]) -> list[Sweep]:
    """Every setting that some groups differ in alone, with those groups; sweeps of one setting stand together."""
    found: dict[tuple[str, str], list[Group]] = {}
    for group in groups:
        record = group.first.record
        for name, value in record["settings"].items():
            if isinstance(value, (int, float)) and not isinstance(value, bool) and finite(value):
                others = {key: other for key, other in record["settings"].items() if key != name}
                rest = json.dumps([identity(group.first), others], sort_keys=True)
                found.setdefault((name, rest), []).append(group)
    made = [
        Sweep(name, sorted(each, key=lambda group: group.first.record["settings"][name]))
        for (name, _), each in found.items()
        if len(each) > 1
    ]
    return sorted(made, key=lambda sweep: sweep.setting)


def draw_sweep(
    panels: Sequence[Sweep], folder: Path, name: str, *, words: str, ticks: Mapping[float, str] | None = None
) -> Picture | None:
    """Accuracy and F1 over one setting, or what another problem has in their place, a panel for each sweep of it.

    Args:
        panels: sweeps of one setting.
        folder, name: of the files.
        words: what the setting is, in words.
        ticks: values that are written in another way.
    """
    panels = [panel for panel in panels if any(group.values(panel.metrics[0]) for group in panel.groups)]
    if not panels:
        return None
    with figure(3.6 * len(panels) + 0.4, 3.1) as drawn:
        for axes, panel in zip(drawn.subplots(1, len(panels), squeeze=False)[0], panels):
            draw_panel(axes, panel, words, ticks or {})
        every = (axes.get_legend_handles_labels() for axes in drawn.axes)
        entries = {label: handle for handles, labels in every for handle, label in zip(handles, labels)}
        drawn.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=2)
        seeds = max(len(group.runs) for panel in panels for group in panel.groups)
        spread = f"mean and standard deviation over {seeds} seeds" if seeds > 1 else "one seed"
        shown = "; ".join(panel.groups[0].title for panel in panels)
        what = " and ".join(entries)
        caption = f"{what} of the test clips over {words}: {spread}. First point: {shown}."
        return save(drawn, folder, name, title=finding(panels, words), caption=caption)


def draw_panel(axes: Any, panel: Sweep, words: str, ticks: Mapping[float, str]) -> None:
    """One sweep's curves."""
    # the two lines are set apart by 2 %, so that their error bars do not hide each other
    looks = ((BLUE, "o", "-", 0.98), (RED, "s", "--", 1.02))
    logarithmic = min(panel.values) > 0
    for metric, (color, marker, dashes, aside) in zip(panel.metrics, looks):
        points = [(x, group.values(metric)) for x, group in zip(panel.values, panel.groups) if group.values(metric)]
        xs = [x * aside if logarithmic else x for x, _ in points]
        means = [statistics.fmean(values) for _, values in points]
        bars = [statistics.stdev(values) if len(values) > 1 else 0 for _, values in points]
        look = {"color": color, "marker": marker, "linestyle": dashes, "capsize": 3}
        axes.errorbar(xs, means, yerr=bars, label=heading(metric), **look)
    if logarithmic:
        axes.set_xscale("log", base=2)
    axes.set_xticks(panel.values, [ticks.get(x, f"{x:g}") for x in panel.values])
    axes.minorticks_off()
    record = panel.groups[0].first.record
    scope = " with OOS" if record["test_ood"] else ""
    classes = problem_of(panel.groups[0]) == "multi-class"
    ylabel = "in-scope clips (%)" if classes else f"test clips{unit(panel.metrics[0])}"
    axes.set(xlabel=words, ylabel=ylabel, title=f"{record['dataset']}{scope}")


def finding(panels: Sequence[Sweep], words: str) -> str:
    """Where the accuracy, or what stands in its place, is best, in words, or that it hardly changes."""
    parts = []
    for panel in panels:
        metric = panel.metrics[0]
        by_value = {x: group.values(metric) for x, group in zip(panel.values, panel.groups) if group.values(metric)}
        means = {x: statistics.fmean(values) for x, values in by_value.items()}
        spreads = [statistics.stdev(values) for values in by_value.values() if len(values) > 1]
        dataset, top = panel.groups[0].first.record["dataset"], max(means, key=lambda x: oriented(metric, means[x]))
        if spreads and max(means.values()) - min(means.values()) <= max(spreads):
            parts.append(f"no difference beyond the spread over seeds on {dataset}")
        else:
            most, percent = "highest" if higher_is_better(metric) else "lowest", " %" if is_percent(metric) else ""
            parts.append(f"{most} at {top:g} on {dataset} ({text_of(metric, means[top])}{percent})")
    names = dict.fromkeys("Accuracy" if panel.metrics[0] == "acc" else heading(panel.metrics[0]) for panel in panels)
    return f"{' and '.join(names)} over {words}: {', '.join(parts)}"
