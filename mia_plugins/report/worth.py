"""What the modalities are worth: how much worse a trained model scores when one of them is spoilt."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from ..runs.ablation import MODALITIES, SHOWN, WAYS, ablation_cells
from .runs import Group
from .style import BLUE, GREEN, RED, Picture, figure, save

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


def worth_table(group: Group) -> tuple[list[str], list[list[str]]] | None:
    """Header and cells, means over the seeds."""
    rows = mean_rows(group)
    return ablation_cells(rows) if rows else None


def modality_bars(group: Group, folder: Path, name: str) -> Picture | None:
    """The change of accuracy and F1 for every modality and way."""
    rows = mean_rows(group)
    if not rows:
        return None
    metrics = [metric for metric in SHOWN if metric in rows[0]][:2]
    headings = {"acc": "in-scope accuracy", "f1": "in-scope macro F1"}
    with figure(7, 2.7) as drawn:
        panels = drawn.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
        for axes, metric in zip(panels, metrics):
            for i, modality in enumerate(MODALITIES):
                found = {row["way"]: row[f"{metric}_change"] for row in rows if row["modality"] == modality}
                color, hatch = LOOKS[modality]
                places = [j + 0.26 * (i - 1) for j in range(len(WAYS))]
                look = {"color": color, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
                bars = axes.barh(places, [found[way] for way in WAYS], height=0.24, label=modality, **look)
                axes.bar_label(bars, fmt="%+.1f", padding=3, fontsize=7)
            axes.set_yticks(range(len(WAYS)), WAYS)
            axes.axvline(0, color="black", linewidth=0.8)
            axes.grid(visible=False, axis="y")
            axes.margins(x=0.16)
            axes.set(xlabel=f"change of {headings[metric]} (points)")
        panels[0].invert_yaxis()
        handles, labels = panels[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside upper center", ncols=3)
        seeds = len([run for run in group.runs if run.record.get("modality_ablation")])
        caption = (
            f"What the modalities are worth to {group.title}: the test scored with one of them dropped, shuffled between "
            f"clips or replaced by noise; mean over {seeds} seed{'s' if seeds > 1 else ''}."
        )
        return save(drawn, folder, name, caption)
