"""Pictures of A-MESS: T_f before and after semantic synchronization (Fig. 5), and which words and frames are anchors.

They draw what :func:`.inspection.inspect` kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

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
PEAK = 1.2  # times the even share; a part of a clip that is read less than this may stand out by chance
MODALITIES = ("video", "audio")
LONG = 16  # tokens; a clip with more is not preferred to one with this many


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
            axes.set(title=f"{run.labels[label]} ({mine.sum()} clips)", xlim=(-1.12, 1.12), ylim=(-1.12, 1.12))
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
        title = (
            f"T_f lies {'nearer to' if mine > others else 'no nearer to'} its own label's descriptions than to others"
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


def choose_clips(run: FinishedRun, wanted: Sequence[str], count: int = 2) -> list[int]:
    """Rows of the clips asked for that the run has; if none are, of correctly classified ones with many words."""
    keys = run.clips["keys"]
    if wanted:
        return [keys.index(key) for key in wanted if key in keys]
    lengths = np.array([len(tokens) for tokens in run.clips["tokens"]], dtype=float)
    true, predicted = run.array("y_true"), run.array("y_pred")
    if true is not None and predicted is not None:
        lengths = lengths * (true == predicted) + lengths * 1e-3
    order = np.argsort(-np.minimum(lengths, LONG), kind="stable")
    return [row for row in order[:count].tolist() if lengths[row]]


def anchors(group: Group, request: PictureRequest) -> list[Picture]:
    """Some clips' words, which of them are anchors (with their rank), and the frames that each anchor reads."""
    run = group.first
    needed = {f"{name}_{what}" for name in MODALITIES for what in ("anchors", "frames", "reading", "length")}
    if not needed <= set(run.inspection):
        return []
    return [clip_anchors(group, row, request) for row in choose_clips(run, request.clips)]


def clip_anchors(group: Group, row: int, request: PictureRequest) -> Picture:
    """The anchors of one clip."""
    run = group.first
    tokens, key = run.clips["tokens"][row], run.clips["keys"][row]
    readings = {modality: reading_rows(run.inspection, modality, row, len(tokens)) for modality in MODALITIES}
    with figure(8, 2.2 + 0.22 * len(tokens)) as drawn:
        panels = drawn.subplots(1, 2, sharey=True)
        values = np.concatenate([reading[~np.isnan(reading)] for reading in readings.values()])
        # at least this wide, so that noise does not look like a choice
        limits = {"vmin": min(0.8, values.min(initial=1)), "vmax": max(1.2, values.max(initial=1))}
        marked = 0
        for axes, (modality, reading) in zip(panels, readings.items()):
            frames = int(run.inspection[f"{modality}_length"][row])
            cells: Any = {"aspect": "auto", "extent": (0, frames, len(tokens) - 0.5, -0.5), "interpolation": "nearest"}
            image = axes.imshow(reading, cmap=colours(), **limits, **cells)
            axes.grid(visible=False)
            for rank, position in enumerate(run.inspection[f"{modality}_anchors"][row], 1):
                if not 0 <= position < len(tokens):
                    continue
                if np.nanmax(reading[position]) >= PEAK:
                    most = int(run.inspection[f"{modality}_frames"][row, rank - 1])
                    axes.plot(most + 0.5, position, "v", color="white", markeredgecolor="black", markersize=6)
                    marked += 1
                axes.text(1.01, position, f"{rank}.", transform=axes.get_yaxis_transform(), va="center", fontsize=7)
            axes.set(xlabel=f"{modality} frame (of {frames})", title=f"{modality} anchors")
        panels[0].set_yticks(range(len(tokens)), tokens)
        panels[0].set_ylabel("tokens of the utterance")
        label = "attention to this part of the clip (1: as to every other)"
        drawn.colorbar(image, ax=panels, location="bottom", shrink=0.6, fraction=0.06, aspect=40, label=label)
        label_id = run.clips["label_ids"][row]
        intent = run.labels[label_id] if label_id < len(run.labels) else "out of scope"
        triangles = (
            f"A triangle marks the frame that an anchor reads most, where it reads some part {PEAK} times as much as the "
            "mean part or more."
            if marked
            else f"No anchor reads any part of the clip {PEAK} times as much as the mean part: all parts count about alike."
        )
        caption = (
            f"Anchors of clip {key} ({intent}), {group.title}, seed {run.record['seed']}. Coloured rows are anchors, with "
            f"their rank at the right edge; grey rows are none. {triangles}"
        )
        title = f"Clip {key}: {'some anchors prefer parts of the clip' if marked else 'anchors read the clip evenly'}"
        return save(drawn, request.folder, request.name(f"anchors_{key}"), title=title, caption=caption)


def colours() -> Any:
    """A colour map without grey, so that grey can mean that there is no value."""
    import matplotlib

    return matplotlib.colormaps["viridis"].with_extremes(bad="#e8e8e8")


def reading_rows(arrays: Mapping[str, np.ndarray], modality: str, row: int, length: int) -> np.ndarray:
    """An anchor's reading of every part, times the even share, ``(tokens, bins)``; NaN in rows that are no anchors."""
    reading = arrays[f"{modality}_reading"][row].astype(np.float64)
    result = np.full((length, reading.shape[-1]), np.nan)
    for position, shares in zip(arrays[f"{modality}_anchors"][row], reading):
        if 0 <= position < length:
            result[position] = shares * len(shares)
    return result
