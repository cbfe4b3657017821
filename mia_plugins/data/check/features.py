"""What frames show: how long clips are, which features say nothing, which clips nobody names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError, short
from ..clips import Clips, LoadedData
from ..faults import Faults
from ..store.cache import is_stored, open_stores
from ..store.frames import StoredFrames
from ..store.index import Store
from .clips import place

MODALITIES = ("video", "audio")
_NAMED = 5  # features that one warning names


def feature_summary(
    split: str, clips: Clips, data: LoadedData, max_lengths: Mapping[str, int], warnings: Faults
) -> dict[str, Any]:
    """For each modality its width, and how many frames clips have; clips without frames are missing."""
    summary: dict[str, Any] = {}
    words = max((len(text.split()) for text in clips.texts), default=0)
    most = max_lengths["text"]
    long = sum(len(text.split()) + 2 > most for text in clips.texts)  # with the special tokens
    if long:
        warnings.add(
            "beyond the cut", split, f"{split}: {long} texts have more words than the {most} tokens that are read"
        )
    summary["text"] = {"most words": words, "beyond the cut": long}
    for name in MODALITIES:
        summary[name] = look_at(split, clips, name, getattr(data, f"{name}_dim"), warnings)
    return summary


def look_at(split: str, clips: Clips, name: str, width: int, warnings: Faults) -> dict[str, Any]:
    """One modality of a split, read clip by clip."""
    frames = getattr(clips, name)
    counts = clips.frame_counts()[MODALITIES.index(name)]
    there = counts[counts > 0]
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    for i in np.flatnonzero(counts > 0).tolist():
        values = frames[i]
        if values.shape[1] != width:
            continue
        low, high = np.minimum(low, values.min(axis=0)), np.maximum(high, values.max(axis=0))
        if not values.any():
            where = place(split, clips, i)
            message = f"{where}: all {name} frames of clip {short(clips.keys[i])} are zero; leave a missing one out"
            warnings.add("clips of zeros", where, message)
    dead, constant = np.flatnonzero((low == 0) & (high == 0)), np.flatnonzero((low == high) & (low != 0))
    for kind, found in (("dead features", dead), ("constant features", constant)):
        if len(found) and len(there) > 1:
            shown = ", ".join(map(str, found[:_NAMED].tolist())) + (", ..." if len(found) > _NAMED else "")
            value = "zero" if kind == "dead features" else "the same"
            warnings.add(
                kind, split, f"{split}: {len(found)} of {width} {name} features are {value} in all frames ({shown})"
            )
    missing = int((counts == 0).sum())
    if missing:
        warnings.add("clips without frames", split, f"{split}: {missing} of {len(clips)} clips have no {name}")
    quartiles = np.percentile(there, [0, 50, 100]).astype(int).tolist() if len(there) else [0, 0, 0]
    return {"width": width, "missing": missing, "frames": quartiles}


def compare_with_files(
    data: LoadedData, splits: dict[str, dict[str, Any]], max_lengths: Mapping[str, int], warnings: Faults
) -> None:
    """Clips in feature files that no table names, and clips with more frames than are read, where there are such files."""
    used = [
        (split, name, clips.keys, set(frames.paths))
        for split, clips in data.splits.items()
        for name, frames in zip(MODALITIES, (clips.video, clips.audio))
        if isinstance(frames, StoredFrames)
    ]
    longest: dict[tuple[str, str], dict[str, int]] = {(split, name): {} for split, name, _, _ in used}
    for source in data.sources if used else ():
        named: set[str] = set()
        stores = stores_of(source, {path for *_, paths in used for path in paths})
        for store in stores:
            for split, name, keys, paths in used:
                if store.frames not in paths:
                    continue
                named.update(keys)
                rows = [(key, store.rows[key]) for key in keys if key in store.rows]
                counts = store.index[[row for _, row in rows], 1].tolist() if rows else []
                most = max_lengths[name]
                longest[split, name].update((key, n) for (key, _), n in zip(rows, counts) if n > most)
        for key in (key for store in stores if named for key in store.rows if key not in named):
            message = f"{source}: clip {short(key)} is in no table; its features are not used"
            warnings.add("features without a row", str(source), message)
    for (split, name), long in longest.items():
        splits[split][name]["beyond the cut"] = len(long)
        if long:
            most, read = max(long.values()), max_lengths[name]
            message = f"{split}: {len(long)} clips have more {name} frames than the {read} that are read, up to {most}"
            warnings.add("beyond the cut", split, message)


def stores_of(source: Path, used: set[Path]) -> list[Store]:
    """The stores of a feature file or folder that clips were read from; none of any other file, such as a table."""
    try:
        return [store for _, store in open_stores(source)] if is_stored(source, used) else []
    except UserError:  # it is gone
        return []
