"""Which intents a model confuses, and how well it does on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..evaluation.classes import class_table, confusion_counts
from ..evaluation.multi_label import label_table
from ..plugin.picture import Picture, figure, save
from .saved import SavedRun

OOS = "out of scope"
FEW = 5  # clips; an intent with fewer is not called confused if another is
LONGEST = 24  # characters of a label beside the matrix
MOST_CLASSES = 200  # of a confusion matrix


def predictions(run: SavedRun) -> tuple[np.ndarray, np.ndarray, list[str]] | None:
    """True ids, predicted ids and names: with out of scope as a class where it was tested so, otherwise in-scope clips.

    Classes that no clip has and no clip is taken for are left out; the others are renumbered.
    """
    true, open_, closed = (run.array(name) for name in ("y_true", "y_open", "y_pred"))
    if true is None or closed is None:
        return None
    predicted = closed if open_ is None else open_
    counted = np.ones(len(true), bool) if open_ is not None else true < len(run.labels)
    true, predicted = true[counted], predicted[counted]
    if not len(true):
        return None
    present = np.union1d(true, predicted)
    names = [*run.labels, OOS]
    return np.searchsorted(present, true), np.searchsorted(present, predicted), [names[int(i)] for i in present]


def per_label(run: SavedRun) -> tuple[list[str], list[list[str]]] | None:
    """Header and cells of the table of labels where a clip may have several, the worst F1 first."""
    true, predicted = run.array("y_true"), run.array("y_pred")
    if true is None or predicted is None:
        return None
    return cells_of(label_table(true, predicted, run.labels), "label")


def confusion_matrix(run: SavedRun, title: str, folder: Path, name: str) -> Picture | None:
    """Shares of each true intent's clips by prediction."""
    found = predictions(run)
    if found is None:
        return None
    true, predicted, labels = found
    if len(labels) > MOST_CLASSES:
        raise UserError(f"{len(labels)} classes are too many to draw; {MOST_CLASSES} are the most")
    counts = confusion_counts(true, predicted, np.arange(len(labels)))
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = max(4.0, 0.27 * len(labels))
    with figure(size + 2.4, size + 1.2) as drawn:
        axes = drawn.subplots()
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="equal")
        axes.grid(visible=False)
        shown = [label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…" for label in labels]
        axes.set_xticks(range(len(labels)), shown, rotation=90)
        rows = [f"{label} ({count})" for label, count in zip(shown, counts.sum(axis=1))]
        axes.set_yticks(range(len(labels)), rows)
        axes.set(xlabel="predicted", ylabel="true (clips)")
        for i, j in np.argwhere(shares >= 5):
            color = "white" if shares[i, j] > 55 else "black"
            axes.text(j, i, f"{shares[i, j]:.0f}", ha="center", va="center", fontsize=6, color=color)
        drawn.colorbar(image, ax=axes, shrink=0.6, label="share of the true intent's clips (%)")
        clips = f"seed {run.record['seed']}, {len(true)} test clips"
        caption = f"Confusion matrix, {title}, {clips}; shares below 5 % are not printed."
        return save(drawn, folder, name, title=confused(counts, labels), caption=caption)


def confused(counts: np.ndarray, labels: list[str]) -> str:
    """The pair of intents that is confused most often, relative to the true intent's clips, in words."""
    wrong = counts - np.diag(np.diag(counts))
    if not wrong.any():
        return "No clip is taken for another intent"
    clips = counts.sum(axis=1, keepdims=True)
    enough = clips >= min(FEW, clips.max())
    parts = np.where(enough, wrong / np.maximum(clips, 1), 0) if wrong[enough[:, 0]].any() else wrong
    i, j = np.unravel_index(parts.argmax(), parts.shape)
    return f"Confused most often: {labels[i]} is taken for {labels[j]} ({wrong[i, j]} of {counts[i].sum()} clips)"


def per_class(run: SavedRun) -> tuple[list[str], list[list[str]]] | None:
    """Header and cells of the table of intents, the worst F1 first."""
    found = predictions(run)
    if found is None:
        return None
    true, predicted, labels = found
    return cells_of(class_table(true, predicted, labels), "intent")


def cells_of(rows: Sequence[Mapping[str, Any]], what: str) -> tuple[list[str], list[list[str]]]:
    """Header and cells of such a table, whose rows are called ``what``."""
    rows = sorted(rows, key=lambda row: row["f1"])
    header = [what, "F1 (%)", "precision (%)", "recall (%)", "clips"]
    cells = [
        [row["label"], *(f"{100 * row[key]:.1f}" for key in ("f1", "precision", "recall")), str(row["support"])]
        for row in rows
    ]
    return header, cells
