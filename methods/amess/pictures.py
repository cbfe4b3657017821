"""T_f before and after semantic synchronization (Fig. 5), drawn from what :func:`.inspection.inspect` kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mia_plugins.plugin.picture import (
    BLACK,
    BLUE,
    GREEN,
    FinishedRun,
    Group,
    Picture,
    PictureRequest,
    figure,
    save,
)

FIG5_LABELS = ("Agree", "Joke", "Criticize", "Oppose")  # those of the paper's figure
LONGEST = 24  # characters of a label above a panel
CLOSER = 0.05  # of a cosine; a smaller difference is not called one


class Plane(NamedTuple):
    """Points ``(n, 2)`` in the plane of the two first principal components, and those components' shares of variance."""

    before: np.ndarray
    after: np.ndarray
    descriptions: np.ndarray
    explained: np.ndarray


def project(before: np.ndarray, after: np.ndarray, descriptions: np.ndarray) -> Plane:
    """PCA of one label's vectors and descriptions together, as the paper's appendix does it.

    Rows are scaled to length one (the loss sees only directions). Where the masked mean of E_f is wider or narrower
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


def choose_labels(run: FinishedRun, wanted: Sequence[str]) -> list[int]:
    """Ids of the labels to show: those asked for, else the paper's four that have clips, else the four most frequent."""
    by_name = {label.casefold(): i for i, label in enumerate(run.labels)}
    counts = np.bincount(run.clips["label_ids"], minlength=len(run.labels))[: len(run.labels)]
    if wanted:
        shown = [by_name[label.casefold()] for label in wanted if label.casefold() in by_name]
    else:
        shown = [by_name[label.casefold()] for label in FIG5_LABELS if label.casefold() in by_name]
        if len(shown) < len(FIG5_LABELS) or counts[shown].min() < 3:
            shown = np.argsort(-counts, kind="stable")[:4].tolist()
    return [label for label in shown if counts[label] > 1]


def semantics(group: Group, request: PictureRequest) -> list[Picture]:
    """T_f before and after semantic synchronization; nothing where the run has none."""
    picture = draw_semantics(group, request.labels, request.folder, request.name("semantics"))
    return [] if picture is None else [picture]


def draw_semantics(group: Group, wanted: Sequence[str], folder: Path, name: str) -> Picture | None:
    """One panel per label: those asked for, or some that have clips."""
    run = group.first
    arrays = run.inspection
    if not {"sentence", "sentence_before", "semantics"} <= set(arrays):
        return None
    label_ids = np.array(run.clips["label_ids"])
    chosen = choose_labels(run, wanted)
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
            intent = run.labels[label] if len(run.labels[label]) <= LONGEST else f"{run.labels[label][: LONGEST - 1]}…"
            axes.set(title=f"{intent} ({mine.sum()} clips)", xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
            shares = [f"{share:.0f}" for share in 100 * plane.explained]
            axes.set(xlabel=f"component 1 ({shares[0]} % of variance)", ylabel=f"component 2 ({shares[1]} %)")
        handles, labels = panels.flat[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=min(3, columns + 1))
        mine, others = closeness(run)
        caption = (
            "Principal components of test clips before and after semantic synchronization, a panel per label (the paper's "
            f"Fig. 5), {group.title}, seed {run.record['seed']}. Over all in-scope test clips, the mean cosine of T_f to "
            f"the descriptions of the clip's own label is {mine:.3f}, to those of the other labels {others:.3f}."
        )
        nearer = "nearer" if mine - others >= CLOSER else "hardly nearer" if mine > others else "no nearer"
        title = (
            f"T_f lies {nearer} to its own label's descriptions than to others (cosine {mine:.2f} against {others:.2f})"
        )
        return save(drawn, folder, name, title=title, caption=caption)


def closeness(run: FinishedRun) -> tuple[float, float]:
    """Mean cosine of T_f to the descriptions of the clip's own label, and to those of all other labels."""
    arrays = run.inspection
    label_ids = np.array(run.clips["label_ids"])
    inside = label_ids < len(run.labels)
    sentence, descriptions = unit(arrays["sentence"][inside]), arrays["semantics"]
    flat = unit(descriptions.reshape(-1, descriptions.shape[-1]))
    cosine = (sentence @ flat.T).reshape(len(sentence), *descriptions.shape[:2]).mean(axis=2)
    mine = np.zeros(cosine.shape, bool)
    mine[np.arange(len(cosine)), label_ids[inside]] = True
    return float(cosine[mine].mean()), float(cosine[~mine].mean())
