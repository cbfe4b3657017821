"""What a check has found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..faults import Faults
from .run import Checked

_SHOWN = 5  # messages of a kind


def as_text(checked: Checked) -> str:
    """Splits, then errors, then warnings; of each kind the first few."""
    lines = [f"{checked.dataset} in {checked.path}"]
    for name, split in checked.splits.items():
        parts = [f"{split['clips']} clips", labels_in_words(split["labels"])]
        for modality in ("video", "audio"):
            about = split[modality]
            least, median, most = about["frames"]
            missing = f", {about['missing']} missing" if about["missing"] else ""
            parts.append(f"{modality} {about['width']} wide, {least} to {most} frames (median {median}){missing}")
        lines.append(f"  {name}: {'; '.join(part for part in parts if part)}")
    for word, faults in (("error", checked.errors), ("warning", checked.warnings)):
        lines += ["", f"{sum(faults.counts.values())} {word}{'' if sum(faults.counts.values()) == 1 else 's'}"]
        lines += [line for kind in faults.kept for line in of_kind(kind, faults)]
    lines += ["", *(f"note: {note}" for note in checked.notes)] if checked.notes else []
    return "\n".join(lines)


def labels_in_words(labels: dict[str, Any]) -> str:
    """The rarest and the most frequent label, or the range of a number."""
    if not labels:
        return ""
    if "least" in labels:
        return f"numbers from {labels['least']:g} to {labels['most']:g}, mean {labels['mean']:.2f}"
    ordered = sorted(labels, key=lambda label: labels[label])
    rarest, commonest = ordered[0], ordered[-1]
    return f"{len(labels)} labels, from {rarest} ({labels[rarest]}) to {commonest} ({labels[commonest]})"


def of_kind(kind: str, faults: Faults) -> Iterator[str]:
    """A heading with the count, and the first messages."""
    count, kept = faults.counts[kind], list(faults.kept[kind])
    yield f"  {kind}: {count}"
    yield from (f"    {each.message}" for each in kept[:_SHOWN])
    if count > _SHOWN:
        yield f"    ... and {count - _SHOWN} more (--json lists {'them' if count == len(kept) else f'{len(kept)}'})"


def as_json(checked: Checked) -> str:
    """Everything that is kept: counts by kind, and each fault with its level, kind, file, row and message."""
    levels = {"error": checked.errors, "warning": checked.warnings}
    findings = [
        {"level": level, "kind": each.kind, **file_and_row(each.where), "message": each.message}
        for level, faults in levels.items()
        for kept in faults.kept.values()
        for each in kept
    ]
    counts = {f"{level}s": dict(faults.counts) for level, faults in levels.items()}
    about = {"dataset": checked.dataset, "path": checked.path, **counts, "findings": findings}
    return json.dumps({**about, "splits": checked.splits, "notes": checked.notes}, indent=1, ensure_ascii=False)


def file_and_row(where: str) -> dict[str, Any]:
    """A place as a program wants it.

    >>> file_and_row("data/train.tsv, row 12"), file_and_row("dev")
    ({'file': 'data/train.tsv', 'row': 12}, {'file': 'dev', 'row': None})
    """
    file, _, row = where.rpartition(", row ")
    return {"file": file, "row": int(row)} if file and row.isdecimal() else {"file": where, "row": None}
