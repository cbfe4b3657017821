"""Anchors: accuracy and F1 over their number (Fig. 4), and which words and frames became anchors in a clip."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .runs import Group, SavedRun
from .style import BLUE, HEAT, RED, Picture, figure, save

ALL = 50  # the paper's k that keeps every token


def by_anchors(groups: Sequence[Group]) -> list[list[Group]]:
    """Sets of groups that differ in ``num_anchors`` alone, in its order; those with one value are left out."""
    sets: dict[str, list[Group]] = {}
    for group in groups:
        record = group.first.record
        settings = dict(record["settings"])
        if settings.pop("num_anchors", None) is None or not settings.get("anchor_embedding", True):
            continue
        names = ("method", "dataset", "text_backbone", "data_mode", "train_ood", "test_ood")
        sets.setdefault(json.dumps([[record[name] for name in names], settings], sort_keys=True), []).append(group)
    found = [sorted(each, key=lambda group: group.first.record["settings"]["num_anchors"]) for each in sets.values()]
    return [each for each in found if len(each) > 1]


def over_anchors(sets: Sequence[Sequence[Group]], folder: Path, name: str = "fig4") -> Picture | None:
    """Accuracy and F1 over k, a panel a data set (Fig. 4)."""
    if not sets:
        return None
    with figure(3.6 * len(sets) + 0.4, 3.1) as drawn:
        panels = drawn.subplots(1, len(sets), squeeze=False)[0]
        for axes, groups in zip(panels, sets):
            ks = [group.first.record["settings"]["num_anchors"] for group in groups]
            lines = (("acc", "ACC", BLUE, "o", "-", 0.98), ("f1", "F1", RED, "s", "--", 1.02))
            for (
                metric,
                label,
                color,
                marker,
                dashes,
                aside,
            ) in lines:  # aside: so that error bars do not hide each other
                values = [group.values(metric) for group in groups]
                means = [statistics.fmean(each) for each in values]
                bars = [statistics.stdev(each) if len(each) > 1 else 0 for each in values]
                look = {"color": color, "marker": marker, "linestyle": dashes, "capsize": 3}
                axes.errorbar([k * aside for k in ks], means, yerr=bars, label=label, **look)
            axes.set_xscale("log", base=2)
            axes.set_xticks(ks, [f"{k}\n(all)" if k >= ALL else str(k) for k in ks])
            axes.minorticks_off()
            record = groups[0].first.record
            scope = " with OOS" if record["test_ood"] else ""
            axes.set(xlabel="number of anchors k", ylabel="in-scope clips (%)", title=f"{record['dataset']}{scope}")
        handles, labels = panels[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=2)
        seeds = max(len(group.runs) for groups in sets for group in groups)
        spread = f": mean and standard deviation over {seeds} seeds" if seeds > 1 else ", one seed"
        caption = f"Accuracy and macro F1 over the number of anchors (the paper's Fig. 4){spread}."
        return save(drawn, folder, name, caption)


def choose_clips(run: SavedRun, wanted: Sequence[str], count: int = 2) -> list[int]:
    """Rows of the clips asked for that the run has; without a wish, of rightly classified ones with many words."""
    keys = run.clips["keys"]
    if wanted:
        return [keys.index(key) for key in wanted if key in keys]
    lengths = np.array([len(tokens) for tokens in run.clips["tokens"]])
    true, predicted = run.array("y_true"), run.array("y_pred")
    if true is not None and predicted is not None:
        lengths = lengths * (true == predicted) + lengths * 1e-3
    return np.argsort(-np.minimum(lengths, 16), kind="stable")[:count].tolist()


def clip_anchors(run: SavedRun, row: int, title: str, folder: Path, name: str) -> Picture | None:
    """The words of one clip, which of them are anchors (with their rank), and the frames each anchor reads."""
    arrays = run.inspection
    if "video_anchors" not in arrays:
        return None
    tokens = run.clips["tokens"][row]
    key, intent = run.clips["keys"][row], label_name(run, run.clips["label_ids"][row])
    with figure(8, 2.2 + 0.22 * len(tokens)) as drawn:
        panels = drawn.subplots(1, 2, sharey=True)
        readings = [reading_rows(arrays, modality, row, len(tokens)) for modality in ("video", "audio")]
        values = np.concatenate([reading[~np.isnan(reading)] for reading in readings])
        limits = {"vmin": min(0.8, values.min()), "vmax": max(1.2, values.max())}  # noise must not look like a choice
        for axes, modality, reading in zip(panels, ("video", "audio"), readings):
            frames = int(arrays[f"{modality}_length"][row])
            cells = {"aspect": "auto", "extent": (0, frames, len(tokens) - 0.5, -0.5), "interpolation": "nearest"}
            image = axes.imshow(reading, cmap=bad_grey(), **limits, **cells)
            axes.grid(visible=False)
            for rank, position in enumerate(arrays[f"{modality}_anchors"][row], 1):
                if position < 0:
                    continue
                most = int(arrays[f"{modality}_frames"][row, rank - 1])
                axes.plot(most + 0.5, position, "v", color="white", markeredgecolor="black", markersize=6)
                axes.text(1.01, position, f"{rank}.", transform=axes.get_yaxis_transform(), va="center", fontsize=7)
            axes.set(xlabel=f"{modality} frame (of {frames})", title=f"{modality} anchors")
        panels[0].set_yticks(range(len(tokens)), tokens)
        panels[0].set_ylabel("tokens of the utterance")
        label = "attention to this part of the clip (1: as to every other)"
        drawn.colorbar(image, ax=panels, location="bottom", shrink=0.6, fraction=0.06, aspect=40, label=label)
        caption = (
            f"Anchors of clip {key} ({intent}), {title}, seed {run.record['seed']}. Coloured rows are anchors, their rank "
            "at the right edge; the triangle marks the frame that an anchor reads most. Grey rows are no anchors."
        )
        return save(drawn, folder, name, caption)


def bad_grey() -> Any:
    """The heat map's colours, with grey where there is no value."""
    import matplotlib

    return matplotlib.colormaps[HEAT].with_extremes(bad="#e8e8e8")


def reading_rows(arrays: dict[str, np.ndarray], modality: str, row: int, length: int) -> np.ndarray:
    """An anchor's reading of every part, times the even share, ``(tokens, bins)``; NaN in rows that are no anchors."""
    reading = arrays[f"{modality}_reading"][row].astype(np.float64)
    result = np.full((length, reading.shape[-1]), np.nan)
    for position, shares in zip(arrays[f"{modality}_anchors"][row], reading):
        if 0 <= position < length:
            result[position] = shares * len(shares)
    return result


def label_name(run: SavedRun, label_id: int) -> str:
    """A label id in words."""
    return run.labels[label_id] if label_id < len(run.labels) else "out of scope"
