"""Training curves: the loss and the dev score that picked the best epoch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..evaluation.metrics import displayed, oriented
from ..plugin.picture import SERIES, Picture, figure, save
from .comparison import unit
from .runs import Group


def training_curves(group: Group, folder: Path, name: str) -> Picture | None:
    """A line for each seed; the best epoch, whose weights were tested, is ringed. None of a single epoch."""
    runs = [run for run in group.runs if len(run.record["history"]) > 1]
    if not runs:
        return None
    rings = []
    with figure(7, 2.8) as drawn:
        left, right = drawn.subplots(1, 2)
        for i, run in enumerate(runs):
            color, marker, dashes = SERIES[i % len(SERIES)]
            history = run.record["history"]
            epochs = [epoch["number"] for epoch in history]
            monitor = str(run.record["settings"].get("eval_monitor", "score"))
            scores = [displayed(monitor, epoch["score"]) for epoch in history]
            look = {"color": color, "marker": marker, "linestyle": dashes, "markersize": 3.5, "linewidth": 1.2}
            left.plot(epochs, [epoch["loss"] for epoch in history], **look)
            right.plot(epochs, scores, label=f"seed {run.record['seed']}", **look)
            best = max(range(len(scores)), key=[oriented(monitor, score) for score in scores].__getitem__)
            rings.append(epochs[best])
            right.plot(epochs[best], scores[best], "o", markersize=10, fillstyle="none", color=color)
        for axes, label in ((left, "mean training loss"), (right, f"dev {monitor}{unit(monitor)}")):
            axes.set(xlabel="epoch", ylabel=label)
            axes.locator_params(axis="x", integer=True)
        drawn.legend(loc="outside lower center", fontsize=8, ncols=min(len(runs), 6))
        lines = "a line for each seed" if len(runs) > 1 else f"seed {runs[0].record['seed']}"
        caption = f"Training of {group.title}, {lines}; the ring marks the best epoch, whose weights were tested."
        lengths = [len(run.record["history"]) for run in runs]
        return save(drawn, folder, name, title=finding(rings, lengths, monitor), caption=caption)


def finding(best: Sequence[int], lengths: Sequence[int], monitor: str) -> str:
    """When the dev score was best, in words.

    Args:
        best: the best epoch of each run.
        lengths: how many epochs each run had.
        monitor: the dev score's name.
    """
    if all(number == length for number, length in zip(best, lengths)):
        return f"Dev {monitor} was still improving at the last epoch; longer training may help"
    first, last = min(best), max(best)
    when = f"epoch {first}" if first == last else f"epochs {first} to {last}"
    return f"Dev {monitor} was best at {when} of {max(lengths)}"
