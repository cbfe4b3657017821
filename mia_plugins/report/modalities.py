"""Modality ablation: how much worse a trained model scores when one modality is corrupted."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..evaluation.metrics import oriented, shown_in_ablations
from ..plugin.picture import BLACK, BLUE, GREEN, RED, SERIES, Picture, figure, save
from ..runs.ablation import MODALITIES, WAYS, ablation_cells
from .comparison import heading, is_percent
from .forest import MOST, wrapped
from .numbers import signed
from .runs import Group

SMALL = 1.0  # points; a smaller loss is not called a dependence
LOOKS = {"text": (BLUE, None), "video": (RED, "///"), "audio": (GREEN, "...")}


def mean_rows(group: Group) -> list[dict[str, Any]]:
    """The rows of the modality ablation, averaged over the seeds; empty where no run measured it."""
    tables = [run.record["modality_ablation"] for run in group.runs if run.record.get("modality_ablation")]
    if not tables:
        return []
    rows = []
    for same in zip(*tables):
        numbers = [key for key in same[0] if key not in ("modality", "way")]
        means = {key: statistics.fmean(row[key] for row in same) for key in numbers}
        rows.append({"modality": same[0]["modality"], "way": same[0]["way"], **means})
    return rows


def ablation_table(group: Group) -> tuple[list[str], list[list[str]]] | None:
    """Header and cells, means over the seeds."""
    rows = mean_rows(group)
    if not rows:
        return None
    header, cells = ablation_cells(rows)
    return header, [[label, *(number.replace("-", "−") for number in numbers)] for label, *numbers in cells]


def modality_bars(group: Group, folder: Path, name: str) -> Picture | None:
    """The change of accuracy and F1 for every modality and way."""
    rows = mean_rows(group)
    if not rows:
        return None
    metrics = [metric for metric in shown_in_ablations() if metric in rows[0]][:2]
    headings = {"acc": "in-scope accuracy", "f1": "in-scope macro F1"}
    with figure(7, 2.7) as drawn:
        panels = drawn.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
        for axes, metric in zip(panels, metrics):
            for i, modality in enumerate(MODALITIES):
                changes = {row["way"]: row[f"{metric}_change"] for row in rows if row["modality"] == modality}
                color, hatch = LOOKS[modality]
                places = [j + 0.26 * (i - 1) for j in range(len(WAYS))]
                look = {"color": color, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
                bars = axes.barh(places, [changes[way] for way in WAYS], height=0.24, label=modality, **look)
                digits = 1 if is_percent(metric) else 3
                axes.bar_label(bars, [signed(changes[way], digits) for way in WAYS], padding=3, fontsize=7)
            axes.set_yticks(range(len(WAYS)), WAYS)
            axes.axvline(0, color="black", linewidth=0.8)
            axes.grid(visible=False, axis="y")
            axes.margins(x=0.16)
            axes.locator_params(axis="x", nbins=5)
            axes.set(xlabel=f"change of {headings.get(metric, heading(metric))}{points(metric)}")
        panels[0].invert_yaxis()
        handles, labels = panels[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside upper center", ncols=3)
        seeds = len([run for run in group.runs if run.record.get("modality_ablation")])
        caption = (
            f"Modality ablation of {group.title}: the test scored with one modality dropped, shuffled between clips or "
            f"replaced by noise; mean over {seeds} seed{'s' if seeds > 1 else ''}."
        )
        title = f"{group.label}: {dependence(rows, metrics[0])}"
        return save(drawn, folder, name, title=title, caption=caption)


def side_by_side(groups: Sequence[Group], clips: str, folder: Path, name: str) -> Picture | None:
    """What every group loses without each modality: a panel for a modality, a row for a group."""
    tables = [mean_rows(group) for group in groups[:MOST]]
    metric = next((name for name in shown_in_ablations() if all(name in rows[0] for rows in tables)), None)
    if metric is None:
        return None
    with figure(8.5, 1.4 + 0.42 * len(tables)) as drawn:
        panels = drawn.subplots(1, len(MODALITIES), sharey=True, sharex=True)
        for axes, modality in zip(panels, MODALITIES):
            for way, (color, marker, _) in zip(WAYS, SERIES):
                changes = [change(rows, modality, way, metric) for rows in tables]
                axes.plot(changes, range(len(tables)), marker, color=color, alpha=0.8, label=way, linestyle="none")
            axes.axvline(0, color=BLACK, linewidth=0.8)
            axes.grid(visible=False, axis="y")
            axes.locator_params(axis="x", nbins=5)
            axes.set(title=modality)
        panels[0].set_yticks(range(len(tables)), [wrapped(group.label) for group in groups[:MOST]])
        panels[0].set_ylim(len(tables) - 0.5, -0.5)
        panels[1].set_xlabel(f"change of {heading(metric)}{points(metric)}")
        handles, labels = panels[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=3)
        findings = {dependence(rows, metric, sizes=False) for rows in tables}
        every = "both" if len(tables) == 2 else f"all {len(tables)}"
        title = f"In {every}, {findings.pop()}" if len(findings) == 1 else "They depend on different modalities"
        caption = (
            f"Change of {heading(metric)} on the test clips of {clips} when one modality is dropped, shuffled "
            "between clips or replaced by noise; means over the seeds."
        )
        return save(drawn, folder, name, title=title, caption=caption)


def points(metric: str) -> str:
    """Behind a change on an axis."""
    return " (points)" if is_percent(metric) else ""


def change(rows: Sequence[Mapping[str, Any]], modality: str, way: str, metric: str) -> float:
    """The change of a metric in points; NaN where it was not measured."""
    matching = (row for row in rows if row["modality"] == modality and row["way"] == way)
    return next((row[f"{metric}_change"] for row in matching), math.nan)


def dependence(rows: Sequence[Mapping[str, Any]], metric: str, sizes: bool = True) -> str:
    """Which modality is missed most, in words; ``sizes``: and by how much."""
    percent = is_percent(metric)
    small = SMALL if percent else SMALL / 100
    losses = {m: min(oriented(metric, change(rows, m, way, metric)) for way in WAYS) for m in MODALITIES}
    most = min(losses, key=lambda modality: losses[modality])
    if losses[most] > -small:
        size = f"{small:g} point" if percent else f"{small:g} of {heading(metric)}"
        return f"no modality is missed; without one the model loses less than {size}"
    size = f"{-losses[most]:.1f} points" if percent else f"{-losses[most]:.2f}"
    by = f", up to {size} of {heading(metric)}" if sizes else ""
    return f"the test result depends most on {most}{by}"
