"""Fig. 5: T_f before and after semantic synchronization, with the plane of the label's descriptions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import UserError
from ..reproduce.paper import FIG5_LABELS
from .runs import SavedRun
from .style import BLACK, BLUE, GREEN, Picture, figure, save


class Plane(NamedTuple):
    """Points ``(n, 2)`` in the plane of the two first principal components, and those components' shares of variance."""

    before: np.ndarray
    after: np.ndarray
    descriptions: np.ndarray
    explained: np.ndarray


def project(before: np.ndarray, after: np.ndarray, descriptions: np.ndarray) -> Plane:
    """PCA of one label's vectors and descriptions together, as the paper's appendix does it.

    Rows are brought to length one (the loss sees directions alone). Where the masked mean of E_f is wider or narrower
    than the sentence encoder, the narrower vectors are filled up with zeros: their own geometry stays as it is. The
    result is scaled to [-1, 1] on both axes.

    Args:
        before: masked means of E_f, ``(n, dim)``.
        after: T_f, ``(n, width)``.
        descriptions: S of the label, ``(d, width)``.
    """
    width = max(before.shape[1], after.shape[1])
    parts = [np.pad(unit(part), ((0, 0), (0, width - part.shape[1]))) for part in (before, after, descriptions)]
    rows = np.concatenate(parts)
    centred = rows - rows.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    points = centred @ axes[:2].T
    points = points / np.maximum(np.abs(points).max(axis=0), 1e-12)
    ends = np.cumsum([len(part) for part in parts])[:-1]
    before, after, descriptions = np.split(points, ends)
    return Plane(before, after, descriptions, (values**2 / max((values**2).sum(), 1e-12))[:2])


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length one, in float64."""
    rows = rows.astype(np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def choose_labels(run: SavedRun, wanted: Sequence[str]) -> list[int]:
    """Ids of the labels to show: those asked for, else the paper's four that have clips, else the most frequent.

    Raises:
        UserError: a label that the data set does not have.
    """
    by_name = {label.casefold(): i for i, label in enumerate(run.labels)}
    for label in wanted:
        if label.casefold() not in by_name:
            raise UserError(
                f"--labels {label}: not a label of {run.record['dataset']}; it has: {', '.join(run.labels)}"
            )
    counts = np.bincount(run.clips["label_ids"], minlength=len(run.labels))[: len(run.labels)]
    if wanted:
        return [by_name[label.casefold()] for label in wanted]
    papers = [by_name[label.casefold()] for label in FIG5_LABELS if counts[by_name.get(label.casefold(), -1)] > 2]
    return papers if len(papers) == len(FIG5_LABELS) else np.argsort(-counts, kind="stable")[:4].tolist()


def semantics(run: SavedRun, wanted: Sequence[str], title: str, folder: Path, name: str) -> Picture | None:
    """A panel a label; None where the run has no semantic synchronization."""
    arrays = run.inspection
    if "sentence" not in arrays:
        return None
    label_ids = np.array(run.clips["label_ids"])
    chosen = [label for label in choose_labels(run, wanted) if (label_ids == label).sum() > 1]
    if not chosen:
        return None
    columns = min(len(chosen), 4 if len(chosen) != 4 else 2)
    rows = math.ceil(len(chosen) / columns)
    with figure(3.3 * columns, 2.9 * rows + 0.4) as drawn:
        panels = drawn.subplots(rows, columns, squeeze=False)
        for axes in panels.flat[len(chosen) :]:
            axes.set_axis_off()
        for axes, label in zip(panels.flat, chosen):
            mine = label_ids == label
            plane = project(arrays["sentence_before"][mine], arrays["sentence"][mine], arrays["semantics"][label])
            axes.plot(*plane.before.T, "o", color=BLUE, markersize=4, alpha=0.7, label="before: masked mean of E_f")
            axes.plot(*plane.after.T, "^", color=GREEN, markersize=4, alpha=0.7, label="after: T_f")
            corners = np.concatenate([plane.descriptions, plane.descriptions[:1]])
            axes.plot(*corners.T, ":*", color=BLACK, markersize=9, label="descriptions and their plane")
            axes.set(title=f"{run.labels[label]} ({mine.sum()} clips)", xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
            shares = [f"{share:.0f}" for share in 100 * plane.explained]
            axes.set(xlabel=f"component 1 ({shares[0]} % of variance)", ylabel=f"component 2 ({shares[1]} %)")
        handles, labels = panels.flat[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=min(3, columns + 1))
        caption = (
            f"Principal components of test clips before and after semantic synchronization (the paper's Fig. 5), {title}, "
            f"seed {run.record['seed']}."
        )
        return save(drawn, folder, name, caption)


def closeness(run: SavedRun) -> tuple[float, float] | None:
    """Mean cosine of T_f to the descriptions of the clip's own label, and to those of all other labels."""
    arrays = run.inspection
    if "sentence" not in arrays:
        return None
    label_ids = np.array(run.clips["label_ids"])
    inside = label_ids < len(run.labels)
    sentence, descriptions = unit(arrays["sentence"][inside]), arrays["semantics"]
    flat = unit(descriptions.reshape(-1, descriptions.shape[-1]))
    cosine = (sentence @ flat.T).reshape(len(sentence), *descriptions.shape[:2]).mean(axis=2)
    own = np.zeros(cosine.shape, bool)
    own[np.arange(len(cosine)), label_ids[inside]] = True
    return float(cosine[own].mean()), float(cosine[~own].mean())
