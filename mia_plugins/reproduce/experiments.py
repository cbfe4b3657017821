"""What each of the paper's tables and figures compares: rows of a method under some settings, and the printed figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..plugin.registry import find_method
from . import paper

NAMES = ("table1", "table2", "table3", "table4", "fig4", "fig5")
ANCHORS = (4, 8, 12, 16, 25, 50)
DESCRIPTIONS = (2, 3, 5, 8)


@dataclass(frozen=True)
class Row:
    """One row: its label, the method that is run (None: the paper's figures are quoted, nothing is run), its settings."""

    label: str
    method: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    printed: Sequence[float] = ()


@dataclass(frozen=True)
class Experiment:
    """A table or figure on one data set.

    Args:
        name: as on the command line.
        title: the heading.
        dataset: the data set.
        metrics: name of a metric to its heading.
        ood: train and test with out-of-scope clips.
        rows: the first is the one the others are compared with.
        first_seed_only: one run is enough (a picture).
    """

    name: str
    title: str
    dataset: str
    metrics: Mapping[str, str]
    ood: bool
    rows: Sequence[Row]
    first_seed_only: bool = False


def quoted(printed: Mapping[str, Mapping[str, Sequence[float]]], dataset: str, measured: Sequence[Row]) -> list[Row]:
    """The measured rows with the paper's figures beside them, and the paper's other rows behind."""
    table = printed.get(dataset, {})
    rows = [Row(row.label, row.method, row.settings, table.get(row.label, ())) for row in measured]
    known = {row.label for row in rows}
    return rows + [Row(label, None, {}, figures) for label, figures in table.items() if label not in known]


def experiments(
    name: str,
    datasets: Sequence[str] | None = None,
    methods: Sequence[str] = ("amess", "text"),
    anchors: Sequence[int] = ANCHORS,
    descriptions: Sequence[int] = DESCRIPTIONS,
) -> list[Experiment]:
    """The experiments behind a name, one for each data set.

    Args:
        name: one of :data:`NAMES`.
        datasets: None: those of the paper.
        methods: what tables I and II measure.
        anchors: k of Fig. 4.
        descriptions: descriptions per label of Table IV.
    """
    compared = [Row(find_method(method).label, find_method(method).name) for method in methods]
    amess = Row("A-MESS", "amess")
    found = []
    for dataset in datasets or (("MIntRec2.0",) if name == "table2" else paper.TABLE1):
        title, metrics, ood = "", paper.IN_SCOPE, False
        if name == "table1":
            title, rows = "Table I: in-scope intent recognition", quoted(paper.TABLE1, dataset, compared)
        elif name == "table2":
            title, metrics, ood = "Table II: in-scope and out-of-scope classification", paper.OPEN_SET, True
            rows = quoted(paper.TABLE2, dataset, compared)
        elif name == "table3":
            title = "Table III: ablation"
            without = {"without A-ME": {"anchor_embedding": False}, "without SS": {"semantic_sync": False}}
            without["without both"] = {"anchor_embedding": False, "semantic_sync": False}
            ablated = [Row(label, "amess", settings) for label, settings in without.items()]
            rows = quoted(paper.TABLE3, dataset, [amess, *ablated])
        elif name == "table4":
            title, metrics = "Table IV: descriptions per label", paper.DESCRIPTIONS
            first = sorted(descriptions, key=lambda count: count != 3)  # three is the paper's choice
            counted = [Row(f"{count} descriptions", "amess", {"num_descriptions": count}) for count in first]
            rows = [row for row in quoted(paper.TABLE4, dataset, counted) if row.method]
        elif name == "fig4":
            title, metrics = "Fig. 4: number of anchors k", paper.DESCRIPTIONS
            first = sorted(anchors, key=lambda k: k != 8)
            counted = [Row(f"k = {k}", "amess", {"num_anchors": k}) for k in first]
            rows = [row for row in quoted(paper.FIG4, dataset, counted) if row.method]
        else:
            title, rows = "Fig. 5: T_f before and after semantic synchronization", [amess]
        if datasets is None and name in ("table3", "table4", "fig5") and dataset != "MIntRec":
            continue  # the paper shows these on MIntRec alone
        found.append(Experiment(name, f"{title}, {dataset}", dataset, metrics, ood, rows, name == "fig5"))
    return found
