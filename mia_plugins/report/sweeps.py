"""Accuracy and F1 over a setting that some runs differ in, such as the number of anchors (the paper's Fig. 4)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..plugin.picture import BLUE, RED, Picture, figure, save
from .runs import Group, identity
from .saved import finite


@dataclass(frozen=True)
class Sweep:
    """Groups of runs that differ in one number alone, in its order."""

    setting: str
    groups: Sequence[Group]

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
    """Accuracy and F1 over one setting, a panel for each sweep of it.

    Args:
        panels: sweeps of one setting.
        folder, name: of the files.
        words: what the setting is, in words.
        ticks: values that are written in another way.
    """
    panels = [panel for panel in panels if any(group.values("acc") for group in panel.groups)]
    if not panels:
        return None
    with figure(3.6 * len(panels) + 0.4, 3.1) as drawn:
        for axes, panel in zip(drawn.subplots(1, len(panels), squeeze=False)[0], panels):
            draw_panel(axes, panel, words, ticks or {})
        handles, labels = drawn.axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=2)
        seeds = max(len(group.runs) for panel in panels for group in panel.groups)
        spread = f"mean and standard deviation over {seeds} seeds" if seeds > 1 else "one seed"
        shown = "; ".join(panel.groups[0].title for panel in panels)
        caption = f"Accuracy and macro F1 of the in-scope test clips over {words}: {spread}. First point: {shown}."
        return save(drawn, folder, name, title=finding(panels, words), caption=caption)


def draw_panel(axes: Any, panel: Sweep, words: str, ticks: Mapping[float, str]) -> None:
    """One sweep's curves."""
    # the two lines are set apart by 2 %, so that their error bars do not hide each other
    lines = (("acc", "ACC", BLUE, "o", "-", 0.98), ("f1", "F1", RED, "s", "--", 1.02))
    logarithmic = min(panel.values) > 0
    for metric, label, color, marker, dashes, aside in lines:
        points = [(x, group.values(metric)) for x, group in zip(panel.values, panel.groups) if group.values(metric)]
        xs = [x * aside if logarithmic else x for x, _ in points]
        means = [statistics.fmean(values) for _, values in points]
        bars = [statistics.stdev(values) if len(values) > 1 else 0 for _, values in points]
        look = {"color": color, "marker": marker, "linestyle": dashes, "capsize": 3}
        axes.errorbar(xs, means, yerr=bars, label=label, **look)
    if logarithmic:
        axes.set_xscale("log", base=2)
    axes.set_xticks(panel.values, [ticks.get(x, f"{x:g}") for x in panel.values])
    axes.minorticks_off()
    record = panel.groups[0].first.record
    scope = " with OOS" if record["test_ood"] else ""
    axes.set(xlabel=words, ylabel="in-scope clips (%)", title=f"{record['dataset']}{scope}")


def finding(panels: Sequence[Sweep], words: str) -> str:
    """Where the accuracy is highest, in words, or that it hardly changes."""
    parts = []
    for panel in panels:
        by_value = {x: group.values("acc") for x, group in zip(panel.values, panel.groups) if group.values("acc")}
        means = {x: statistics.fmean(values) for x, values in by_value.items()}
        spreads = [statistics.stdev(values) for values in by_value.values() if len(values) > 1]
        dataset, top = panel.groups[0].first.record["dataset"], max(means, key=lambda x: means[x])
        if spreads and max(means.values()) - min(means.values()) <= max(spreads):
            parts.append(f"no difference beyond the spread over seeds on {dataset}")
        else:
            parts.append(f"highest at {top:g} on {dataset} ({means[top]:.2f} %)")
    return f"Accuracy over {words}: {', '.join(parts)}"
