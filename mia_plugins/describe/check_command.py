"""``mia-plugins describe --check``: a short table, or everything as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data.descriptions import match_descriptions, read_descriptions
from ..errors import UserError, short
from .check import Confusion, confused_clips, confused_sentences, pairs
from .clips import find, training_utterances

MOST_PAIRS = 15  # lines of a table


def check(options: argparse.Namespace) -> int:
    """Prints the report on ``options.check``.

    Raises:
        UserError: the file, the data or the sentence encoder cannot be read, or options do not fit together.
    """
    if options.labels is not None or options.output is not None or options.prompt is not None or options.force:
        raise UserError("--labels, -o, --prompt and --force are for asking; --check FILE only reads")
    if options.data_path is not None and options.dataset is None:
        raise UserError("--data_path is the folder of a data set; say which one with --dataset NAME")
    table = read_descriptions(options.check)
    known = None if options.dataset is None else find(options.dataset, options.data_path)
    labels = list(table) if known is None else list(known[-1].labels)
    if len(labels) < 2:
        raise UserError(f"{options.check}: has {len(labels)} labels; at least 2 can be told apart")
    texts = match_descriptions(table, labels, options.count, options.check)
    if empty := [label for label, sentences in zip(labels, texts) if not sentences]:
        raise UserError(f"{options.check}: the label {short(empty[0])!r} has no descriptions; add some")
    split = None if known is None or options.data_path is None else training_utterances(*known)

    sentences = [sentence for each in texts for sentence in each]
    label_ids = np.repeat(np.arange(len(labels)), [len(each) for each in texts])
    vectors = encode(options.sentence_encoder, [*sentences, *(split.texts if split else [])])
    described, clips = vectors[: len(sentences)], vectors[len(sentences) :]
    report: dict[str, Any] = {
        "file": str(options.check),
        "sentence_encoder": options.sentence_encoder,
        "margin": options.margin,
        "labels": len(labels),
        "sentences": len(sentences),
        "confused_sentences": [
            {**named(each, labels), "sentence": sentences[each.row]}
            for each in confused_sentences(described, label_ids, options.margin)
        ],
    }
    if split:
        confused = confused_clips(clips, split.label_ids, described, label_ids, options.margin)
        report["clips"] = len(split.keys)
        report["confused_clips"] = [
            {**named(each, labels), "clip": split.keys[each.row], "text": split.texts[each.row]} for each in confused
        ]
    print(json.dumps(report, indent=1, ensure_ascii=False) if options.json else "\n".join(lines(report)))
    return 0


def encode(name: str, sentences: Sequence[str]) -> np.ndarray:
    """The sentences' embeddings, float32 (sentences, width).

    Raises:
        UserError: the encoder cannot be loaded.
    """
    from ..nn.backbones import load, quiet_transformers
    from ..nn.lookup import resolve

    quiet_transformers()
    from sentence_transformers import SentenceTransformer

    model = load(lambda source, **_: SentenceTransformer(source), resolve(name), "sentence encoder")
    vectors = model.encode(list(sentences), show_progress_bar=False, convert_to_numpy=True)
    return np.asarray(vectors, np.float32)


def named(confusion: Confusion, labels: Sequence[str]) -> dict[str, Any]:
    """A confusion with the labels' names."""
    return {
        "label": labels[confusion.label],
        "nearer_to": labels[confusion.other],
        "margin": round(confusion.margin, 4),
    }


def lines(report: dict[str, Any]) -> list[str]:
    """The report as a person reads it."""
    below = "" if report["margin"] == 0 else f" (margin below {report['margin']:g})"
    parts = []
    for kind, count, example in (
        ("sentences", report["sentences"], "sentence"),
        ("clips", report.get("clips"), "text"),
    ):
        if count is None:
            continue
        confused = report[f"confused_{kind}"]
        what = "sentences" if kind == "sentences" else "training clips"
        parts += ["", f"{len(confused)} of {count} {what} are nearer to another label{below}"]
        parts += pair_table(confused, example)
    return parts[1:]


def pair_table(confused: Sequence[dict[str, Any]], example: str) -> list[str]:
    """One line for each pair of labels, the most frequent first, with its worst case as an example."""
    names = list(dict.fromkeys(each[side] for each in confused for side in ("label", "nearer_to")))
    numbered = [
        Confusion(i, names.index(each["label"]), names.index(each["nearer_to"]), each["margin"])
        for i, each in enumerate(confused)
    ]
    ranked = pairs(numbered)
    width = max((len(short(name)) for name in names), default=0)
    rows = [
        f"  {len(found):>5}  {short(names[label]):<{width}}  {short(names[other]):<{width}}  {found[0].margin:+.3f}  "
        f"{short(confused[found[0].row][example])}"
        for label, other, found in ranked[:MOST_PAIRS]
    ]
    if len(ranked) > MOST_PAIRS:
        rows.append(f"  and {len(ranked) - MOST_PAIRS} more pairs; --json has them all")
    return [f"  count  {'label':<{width}}  {'nearer to':<{width}}  margin  the worst", *rows] if rows else []
