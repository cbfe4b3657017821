"""Which words of a clip are anchors, and which of its frames they read, from what :func:`.inspection.inspect` kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mia_plugins.plugin.picture import FinishedRun, Group, Picture, PictureRequest, figure, save

PEAK = 1.2  # times the even share; a part of a clip that is read less than this may stand out by chance
MODALITIES = ("video", "audio")
LONG = 16  # tokens; a clip with more is not preferred to one with this many


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
    """The anchors of one clip: over its frames where an anchor prefers some of them, otherwise their ranks alone."""
    run = group.first
    tokens, key = run.clips["tokens"][row], run.clips["keys"][row]
    label_id = run.clips["label_ids"][row]
    intent = run.labels[label_id] if label_id < len(run.labels) else "out of scope"
    what = f"Anchors of clip {key} ({intent}), {group.title}, seed {run.record['seed']}."
    readings = {modality: reading_rows(run.inspection, modality, row, len(tokens)) for modality in MODALITIES}
    name = request.name(f"anchors_{key}")
    if all(np.nan_to_num(reading).max(initial=0) < PEAK for reading in readings.values()):
        with figure(1.2 + 0.62 * len(tokens), 1.1) as drawn:
            draw_ranks(drawn.subplots(), run, row, tokens)
            caption = (
                f"{what} Numbers rank the words by similarity to the clip's frames; a word without one is no anchor. The "
                f"frames are not drawn: no anchor reads any part of the clip {PEAK} times as much as the mean part."
            )
            title = f"Clip {key}: its anchors read all parts of the clip alike"
            return save(drawn, request.folder, name, title=title, caption=caption)
    with figure(8, 2.2 + 0.22 * len(tokens)) as drawn:
        panels = drawn.subplots(1, 2, sharey=True)
        values = np.concatenate([reading[~np.isnan(reading)] for reading in readings.values()])
        # at least this wide, so that noise does not look like a choice
        limits = {"vmin": min(0.8, values.min(initial=1)), "vmax": max(1.2, values.max(initial=1))}
        for axes, (modality, reading) in zip(panels, readings.items()):
            image = draw_reading(axes, run.inspection, row, modality, reading, limits)
        panels[0].set_yticks(range(len(tokens)), tokens)
        panels[0].set_ylabel("tokens of the utterance")
        label = "attention to this part of the clip (1: as to every other)"
        drawn.colorbar(image, ax=panels, location="bottom", shrink=0.6, fraction=0.06, aspect=40, label=label)
        caption = (
            f"{what} Coloured rows are anchors, with their rank at the right edge; grey rows are none. A triangle marks "
            f"the frame that an anchor reads most, where it reads some part {PEAK} times as much as the mean part or more."
        )
        title = f"Clip {key}: some anchors prefer parts of the clip"
        return save(drawn, request.folder, name, title=title, caption=caption)


def draw_ranks(axes: Any, run: FinishedRun, row: int, tokens: Sequence[str]) -> None:
    """The clip's words in a line, with their rank among the anchors of each modality."""
    for place, modality in enumerate(MODALITIES):
        for rank, position in enumerate(run.inspection[f"{modality}_anchors"][row], 1):
            if 0 <= position < len(tokens):
                axes.text(position, place, str(rank), ha="center", va="center")
    axes.set(xlim=(-0.5, len(tokens) - 0.5), ylim=(len(MODALITIES) - 0.5, -0.5))
    axes.set_xticks(range(len(tokens)), tokens, rotation=30, ha="right")
    axes.set_yticks(range(len(MODALITIES)), [f"{modality} anchors" for modality in MODALITIES])
    axes.grid(visible=False)


def draw_reading(
    axes: Any,
    arrays: Mapping[str, np.ndarray],
    row: int,
    modality: str,
    reading: np.ndarray,
    limits: Mapping[str, float],
) -> Any:
    """One modality's heat map, a row for each token; returns the image for the colour bar."""
    frames = int(arrays[f"{modality}_length"][row])
    cells: Any = {"aspect": "auto", "extent": (0, frames, len(reading) - 0.5, -0.5), "interpolation": "nearest"}
    image = axes.imshow(reading, cmap=colours(), **limits, **cells)
    axes.grid(visible=False)
    for rank, position in enumerate(arrays[f"{modality}_anchors"][row], 1):
        if not 0 <= position < len(reading):
            continue
        if np.nanmax(reading[position]) >= PEAK:
            most = int(arrays[f"{modality}_frames"][row, rank - 1])
            axes.plot(most + 0.5, position, "v", color="white", markeredgecolor="black", markersize=6)
        axes.text(1.01, position, f"{rank}.", transform=axes.get_yaxis_transform(), va="center", fontsize=7)
    axes.locator_params(axis="x", integer=True)
    axes.set(xlabel=f"{modality} frame (of {frames})", title=f"{modality} anchors")
    return image


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
