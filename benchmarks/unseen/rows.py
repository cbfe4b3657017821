"""Real rows with some intents left out: what a draw trains on, calibrates on and tests on."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Table(NamedTuple):
    """Where a data set's columns are, and how its draws are made.

    Args:
        key: columns that name a clip.
        text, label: columns.
        out_of_scope: the label that is none.
        left_out: intents that a draw leaves out of the training.
        train, dev: the most clips of an intent.
    """

    key: tuple[str, ...]
    text: str
    label: str
    out_of_scope: str | None = None
    left_out: int = 5
    train: int = 40
    dev: int = 15


TABLES = {
    "MIntRec": Table(("season", "episode", "clip"), "text", "label"),
    "MIntRec2.0": Table(("Dialogue_id", "Utterance_id"), "Text", "Label"),
    "IEMOCAP-DA": Table(("TURN",), "UTTERANCE", "DA", out_of_scope="oth", left_out=3, train=100, dev=40),
}
TEST_LEAST = 30  # an intent with fewer published dev clips gets unused training rows to its test clips, up to so many
EXAMPLES = 15  # rows of every intent that stay out of training, dev and test


class Row(NamedTuple):
    """An utterance."""

    key: str
    text: str
    label: str


def read_rows(folder: Path, table: Table, split: str) -> list[Row]:
    """The rows of ``train.tsv`` or ``dev.tsv``."""
    with open(folder / f"{split}.tsv", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [Row("_".join(row[name] for name in table.key), row[table.text], row[table.label]) for row in rows]


def draw_labels(labels: Sequence[str], count: int, draw: int) -> list[str]:
    """The intents that a draw leaves out; draws go through a permutation, so that intents repeat late."""
    per = len(labels) // count
    order = np.random.default_rng(draw // per).permutation(len(labels))
    return [labels[i] for i in order[(draw % per) * count :][:count]]


def split_rows(table: Table, train: Sequence[Row], dev: Sequence[Row], left_out: Sequence[str]) -> dict[str, list[Row]]:
    """Rows of ``train``, ``dev`` (both without the intents left out), ``examples`` and ``test``.

    The published dev split is the test. An intent's rows in the published train split go, in their order, to training,
    dev, examples, and the rest to the test of an intent that has few.
    """
    parts: dict[str, list[Row]] = {"train": [], "dev": [], "examples": [], "test": list(dev)}
    for label in dict.fromkeys(row.label for row in train):
        rows = [row for row in train if row.label == label]
        if label == table.out_of_scope:
            parts["test"] += rows
            continue
        if label in left_out:
            parts["examples"] += rows[:EXAMPLES]
            rest = rows[EXAMPLES:]
        else:
            learned = min(table.train, round(0.6 * len(rows)))
            judged = min(table.dev, round(0.2 * len(rows)))
            parts["train"] += rows[:learned]
            parts["dev"] += rows[learned : learned + judged]
            rest = rows[learned + judged :]
        tested = sum(row.label == label for row in dev)
        parts["test"] += rest[: max(0, TEST_LEAST - tested)]
    return parts


def read_descriptions(folder: Path, table: Table, parts: Sequence[str]) -> dict[str, str]:
    """What ``*.descriptions.tsv`` says of each clip in the columns whose names hold one of ``parts``; may be empty."""
    texts = {}
    for path in sorted(folder.glob("*.descriptions.tsv")):
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                texts["_".join(row[name] for name in table.key)] = " ".join(
                    text for name, text in row.items() if any(part in name for part in parts)
                )
    return texts
