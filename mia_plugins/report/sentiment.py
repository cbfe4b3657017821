"""Numbers: predicted against true, and how large the error is where."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..evaluation.regression import correlation
from ..plugin.picture import BLACK, BLUE, Picture, figure, save
from .numbers import signed
from .saved import SavedRun

MOST_DEGREES = 13  # whole numbers with a row of their own; more are put into as many parts of equal size
PARTS = 6


def numbers(run: SavedRun) -> tuple[np.ndarray, np.ndarray] | None:
    """True and predicted numbers; None where they were not kept."""
    true, predicted = run.array("y_true"), run.array("y_pred")
    return None if true is None or predicted is None else (true.astype(np.float64), predicted.astype(np.float64))


def scatter(run: SavedRun, title: str, folder: Path, name: str) -> Picture | None:
    """A point for each test clip."""
    found = numbers(run)
    if found is None:
        return None
    true, predicted = found
    what, error, related = run.labels[0], np.abs(predicted - true).mean(), correlation(true, predicted)
    with figure(4.4, 4.2) as drawn:
        axes = drawn.subplots()
        ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
        axes.plot(ends, ends, ":", color=BLACK, label="right")
        axes.plot(true, predicted, "o", color=BLUE, alpha=0.35, markersize=4, linestyle="none", label="a test clip")
        axes.set(xlabel=f"true {what}", ylabel=f"predicted {what}")
        drawn.legend(loc="outside upper center", ncols=2, fontsize=8)
        known = f", correlation {related:.2f}" if np.isfinite(related) else "; all predictions are equal"
        caption = f"Predicted against true {what}, {title}, seed {run.record['seed']}, {len(true)} test clips."
        return save(drawn, folder, name, title=f"Off by {error:.2f} on average{known}", caption=caption)


def by_degree(run: SavedRun) -> tuple[list[str], list[list[str]]] | None:
    """Header and cells: for each degree of the true number the mean error and on which side it lies."""
    found = numbers(run)
    if found is None:
        return None
    true, predicted = found
    rows = []
    for words, there in degrees(true):
        error = predicted[there] - true[there]
        cells = [f"{np.abs(error).mean():.3f}", signed(float(error.mean()), 3), f"{predicted[there].mean():.3f}"]
        rows.append([words, *cells, str(there.sum())])
    return [f"true {run.labels[0]}", "mean absolute error", "mean error", "mean prediction", "clips"], rows


def degrees(true: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The true numbers by the nearest whole one, or where those are many in parts of equal size: words and a mask."""
    whole = np.round(true)
    values = np.unique(whole)
    if len(values) <= MOST_DEGREES:
        return [(f"{value + 0.0:g}", whole == value) for value in values]
    edges = np.quantile(true, np.linspace(0, 1, PARTS + 1)[1:-1])
    part = np.searchsorted(edges, true)
    return [(f"{true[part == i].min():g} to {true[part == i].max():g}", part == i) for i in np.unique(part)]
