"""Modality ablation: how much worse a trained model scores when one modality is corrupted."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from ..evaluation.metrics import shown_in_ablations
from ..plugin.picture import BLUE, GREEN, RED, Picture, figure, save
from ..runs.ablation import MODALITIES, WAYS, ablation_cells
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
    return ablation_cells(rows) if rows else None


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
                # adding zero: a change of -0.0 is none
                axes.bar_label(bars, [f"{round(changes[way], 1) + 0.0:+.1f}" for way in WAYS], padding=3, fontsize=7)
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
            f"Modality ablation of {group.title}: the test scored with one modality dropped, shuffled between clips or "
            f"replaced by noise; mean over {seeds} seed{'s' if seeds > 1 else ''}."
        )
        losses = {m: min(row[f"{metrics[0]}_change"] for row in rows if row["modality"] == m) for m in MODALITIES}
        most = min(losses, key=lambda modality: losses[modality])
        heading = f"The model depends most on {most}: {losses[most]:+.1f} points at the worst"
        if losses[most] > -SMALL:
            heading = f"No modality is missed: without one the model loses less than {SMALL:g} point"
        return save(drawn, folder, name, title=heading, caption=caption)
