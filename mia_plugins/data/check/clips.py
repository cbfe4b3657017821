"""What texts, keys and labels show: clips in two splits, labels that few clips have, texts without a word."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from ...errors import short
from ..clips import Clips, LoadedData
from ..faults import Faults


def place(split: str, clips: Clips, i: int) -> str:
    """Where a clip is named: its table's row, or its split and key."""
    return clips.rows[i] if clips.rows is not None else f"{split}, clip {short(clips.keys[i])}"


def empty_texts(split: str, clips: Clips, warnings: Faults) -> int:
    """How many clips have a text without a letter or digit."""
    empty = [i for i, text in enumerate(clips.texts) if not any(letter.isalnum() for letter in text)]
    for i in empty:
        where = place(split, clips, i)
        warnings.add(
            "texts without a word", where, f"{where}: {short(clips.texts[i])!r} has no word; the text is empty"
        )
    return len(empty)


def labels_of(clips: Clips, data: LoadedData, out_of_scope: bool) -> dict[str, Any]:
    """Clips of each label; of a regression the smallest, mean and largest number."""
    ids = clips.label_ids
    if data.problem == "regression" and len(ids):
        known = ids[np.isfinite(ids)]
        return (
            {"least": float(known.min()), "mean": float(known.mean()), "most": float(known.max())} if len(known) else {}
        )
    if data.problem == "multi-label":
        return dict(zip(data.labels, ids.sum(axis=0).astype(int).tolist()))
    if out_of_scope or data.problem == "regression":
        return {}
    return dict(zip(data.labels, np.bincount(ids[ids >= 0], minlength=len(data.labels)).tolist()))


def label_warnings(splits: Mapping[str, Mapping[str, Any]], data: LoadedData, warnings: Faults) -> None:
    """Labels that no clip of a split has: they cannot be learned, or say nothing in its scores."""
    if data.problem == "regression":
        return
    for name, summary in splits.items():
        lacking = [label for label, count in summary["labels"].items() if not count]
        for label in lacking:
            means = "it cannot be learned" if name == "train" else "its scores count it as zero or leave it out"
            warnings.add("labels without a clip", name, f"{name}: no clip is labelled {short(label)!r}; {means}")


def repeated_clips(splits: Mapping[str, Clips], warnings: Faults) -> None:
    """Clips that two splits share, by key or, with the same words, by text."""
    for (name, clips), (other_name, other) in combinations(splits.items(), 2):
        same_scope = name.startswith("ood_") == other_name.startswith("ood_")
        texts = {folded(text): i for i, text in reversed(list(enumerate(clips.texts)))}
        keys = {key: i for i, key in enumerate(clips.keys)}
        for i, key in enumerate(other.keys):
            first, where = keys.get(key, -1), place(other_name, other, i)
            # sets of different scopes may use the same keys for different clips
            if first >= 0 and (same_scope or clips.texts[first] == other.texts[i]):
                known = place(name, clips, first)
                message = f"{where}: clip {short(key)} of {other_name} is also in {name} ({known}); take it out of one"
                warnings.add(f"clips of {other_name} that are in {name}", where, message)
                continue
            first = texts.get(folded(other.texts[i]), -1)
            if first >= 0:
                known = place(name, clips, first)
                message = f"{where}: the text {short(other.texts[i])!r} of {other_name} is also in {name} ({known})"
                warnings.add(f"texts of {other_name} that are in {name}", where, message)


def folded(text: str) -> str:
    """A text without case and spaces around it."""
    return text.strip().casefold()
