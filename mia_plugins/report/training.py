"""Training curves: the loss and the dev score that picked the best epoch."""

from __future__ import annotations

from pathlib import Path

from ..plugin.picture import SERIES, Picture, figure, save
from .runs import Group


def training_curves(group: Group, folder: Path, name: str) -> Picture | None:
    """A line a seed; the best epoch, whose weights were tested, is ringed."""
    runs = [run for run in group.runs if run.record["history"]]
    if not runs:
        return None
    rings = []
    with figure(7, 2.8) as drawn:
        left, right = drawn.subplots(1, 2)
        for i, run in enumerate(runs):
            color, marker, dashes = SERIES[i % len(SERIES)]
            history = run.record["history"]
            epochs = [epoch["number"] for epoch in history]
            scores = [100 * epoch["score"] for epoch in history]
            look = {"color": color, "marker": marker, "linestyle": dashes, "markersize": 3.5, "linewidth": 1.2}
            left.plot(epochs, [epoch["loss"] for epoch in history], **look)
            right.plot(epochs, scores, label=f"seed {run.record['seed']}", **look)
            best = scores.index(max(scores))
            rings.append(epochs[best])
            right.plot(epochs[best], scores[best], "o", markersize=10, fillstyle="none", color=color)
        monitor = runs[0].record["settings"].get("eval_monitor", "score")
        for axes, label in ((left, "training loss (mean a clip)"), (right, f"dev {monitor} (%)")):
            axes.set(xlabel="epoch", ylabel=label)
            axes.locator_params(axis="x", integer=True)
        drawn.legend(loc="outside lower center", fontsize=8, ncols=min(len(runs), 6))
        caption = f"Training of {group.title}, a line a seed; the ring marks the best epoch, whose weights were tested."
        first, last = min(rings), max(rings)
        heading = f"The dev score is best at epoch {first}" if first == last else f"Best epochs: {first} to {last}"
        return save(drawn, folder, name, title=heading, caption=caption)
