"""The model card of a kept model, written from its run: data, settings, scores by metric and label, curve, limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from ..evaluation.metrics import METRICS, shown_in_tables, text_of
from ..system.array_files import read_array
from ..system.json_files import read_object
from .kept import Kept
from .markdown import markdown_table
from .records import RECORD

CARD = "README.md"
LIMITS = """- It knows the {count} intents above and no others. What is out of scope, it can only suspect.
- It was trained on clips of one kind (see *Data*); on others, expect less than the scores above.
- Its probabilities are no frequencies, unless you check them on your own clips.
- Video and audio must come from the backbones that it was trained with; without them it judges by the text."""


def model_card(kept: Kept, license: str | None = None) -> str:
    """The card, in Markdown, with the front matter that the hub reads.

    Args:
        kept: the model; its run's folder is above it, or its record beside it.
        license: as the hub spells it; None: the card says that none is stated.
    """
    record, folder = find_record(kept)
    dataset, title = kept.task.dataset, kept.method.label
    front = ["library_name: mia-plugins", "tags: [multimodal, intent-recognition]"]
    front += [f"license: {license}"] if license else []
    parts = [
        "---\n" + "\n".join(front) + "\n---",
        f"# {title}, trained on {dataset}",
        "Recognizes the intent of an utterance from what is said, seen and heard. Made by the method "
        f"`{kept.method.name}` of mia-plugins.",
        "```python\nimport mia_plugins\n\nmodel = mia_plugins.load(PATH)  # this folder, or its name on the hub\n"
        'model.predict("thank you so much")\n```',
        section("Intents", ", ".join(kept.task.labels)),
        section("Data", data_of(kept, record, license)),
        section("Scores on the test clips", scores_of(record)),
        section("By label", labels_of(kept.task.labels, folder)),
        section("Training", training_of(kept, record)),
        section("Limits", LIMITS.format(count=len(kept.task.labels))),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def section(heading: str, text: str) -> str:
    """A heading and what stands below it; nothing where there is nothing to say."""
    return f"## {heading}\n\n{text}" if text else ""


def find_record(kept: Kept) -> tuple[Mapping[str, Any], Path]:
    """``run.json`` and its folder; an empty record where there is none."""
    for folder in (kept.folder.parent, kept.folder):
        try:
            return read_object(folder / RECORD, {"metrics": dict}), folder
        except (FileNotFoundError, UserError):
            continue
    return {}, kept.folder


def data_of(kept: Kept, record: Mapping[str, Any], license: str | None) -> str:
    """What it was trained and tested on."""
    made = " (made data of the demo: an example, not a model to use)" if record.get("demo") else ""
    clips = ", ".join(f"{name} {count:,}" for name, count in record.get("clips", {}).items())
    lines = [f"{kept.task.dataset}{made}; clips: {clips or 'not known'}. Seed {kept.options['seed']}."]
    if record.get("features"):
        lines.append(f"Features: {', '.join(map(str, record['features']))}.")
    if not license:
        lines.append("No licence is stated here. That of the data limits what the weights may be used for: look it up.")
    return "\n".join(lines)


def scores_of(record: Mapping[str, Any]) -> str:
    """The tables of the terminal."""
    tables, metrics = [], record.get("metrics", {})
    for heading, names in shown_in_tables().items():
        there = [name for name in names if isinstance(metrics.get(name), (int, float))]
        if there:
            cells = [text_of(name, metrics[name]) for name in there]
            tables.append(markdown_table([heading, *(METRICS[name].heading for name in there)], [["", *cells]]))
    return "\n\n".join(tables)


def labels_of(labels: Sequence[str], folder: Path) -> str:
    """Precision, recall and F1 of every in-scope label, where the run kept its predictions."""
    from sklearn.metrics import precision_recall_fscore_support

    try:
        true, guess = (read_array(folder / f"{name}.npy") for name in ("y_true", "y_pred"))
    except (FileNotFoundError, UserError):
        return ""
    if true.ndim != 1 or true.shape != guess.shape or true.dtype.kind != "i" or guess.dtype.kind != "i":
        return ""
    inside = true < len(labels)
    numbers = precision_recall_fscore_support(
        true[inside], guess[inside], labels=range(len(labels)), average=None, zero_division=0
    )
    rows = [
        [label, f"{100 * p:.1f}", f"{100 * r:.1f}", f"{100 * f:.1f}", str(int(count))]
        for label, p, r, f, count in zip(labels, *map(np.asarray, numbers))
    ]
    return markdown_table(["label", "P (%)", "R (%)", "F1 (%)", "clips"], rows)


def training_of(kept: Kept, record: Mapping[str, Any]) -> str:
    """Settings that differ from the defaults, the curve, and what it was made with."""
    settings = {**vars(kept.combination.settings), **vars(kept.combination.method_settings)}
    changed = {name: settings[name] for name in kept.changed if name in settings}
    lines = [f"Settings beside the defaults: {json.dumps(changed, default=str) if changed else 'none'}."]
    versions = ", ".join(f"{name} {number}" for name, number in record.get("versions", {}).items())
    if versions:
        lines.append(
            f"Made with {versions}, on {record.get('device', 'an unknown device')}, {record.get('date', '')[:10]}."
        )
    history = [epoch for epoch in record.get("history", []) if isinstance(epoch, dict)]
    if history:
        monitor = str(settings["eval_monitor"])
        rows = [[str(each.get("number")), f"{each.get('loss'):.4f}", f"{each.get('score'):.4f}"] for each in history]
        lines.append("\n" + markdown_table(["epoch", "loss", f"dev {monitor}"], rows))
    return "\n".join(lines)
