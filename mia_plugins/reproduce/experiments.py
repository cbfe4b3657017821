"""What each of the paper's tables and figures compares: rows of a method under some settings, and the printed figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import UserError
from ..plugin.registry import DEFAULT_METHOD, METHOD_GROUP, find_method, names
from . import paper

NAMES = ("table1", "table2", "table3", "table4", "fig4", "fig5")
ANCHORS = (4, 8, 12, 16, 25, 50)
DESCRIPTIONS = (2, 3, 5, 8)


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Args:
        label: what it is called.
        method: what is run; None: the paper's figures are quoted, nothing is run.
        settings: of the method, where they differ from the config.
        printed: the paper's figures, in the order of the table's metrics.
        rerun: those of an independent re-run.
    """

    label: str
    method: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    printed: Sequence[float] = ()
    rerun: Sequence[float] = ()


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
        costs: show parameters, speed and memory.
    """

    name: str
    title: str
    dataset: str
    metrics: Mapping[str, str]
    ood: bool
    rows: Sequence[Row]
    first_seed_only: bool = False
    costs: bool = False


def quoted(printed: Mapping[str, Mapping[str, Sequence[float]]], dataset: str, measured: Sequence[Row]) -> list[Row]:
    """The measured rows with the paper's figures beside them, and the paper's other rows behind."""
    table = printed.get(dataset, {})
    rows = [Row(row.label, row.method, row.settings, table.get(row.label, ())) for row in measured]
    known = {row.label for row in rows}
    return rows + [Row(label, None, {}, figures) for label, figures in table.items() if label not in known]


def measured_rows(methods: Sequence[str], table: Mapping[str, Any] | None = None) -> list[Row]:
    """A row for each method; the default method first, which the others are compared with.

    Args:
        methods: names; none: the default method, the text alone, and whatever else of ``table`` is installed.
        table: the paper's figures by label.
    """
    if not methods:
        more = sorted(name for name in names(METHOD_GROUP) if label_of(name) in (table or {}))
        methods = [DEFAULT_METHOD, "text", *more]
    found = [find_method(name) for name in dict.fromkeys(methods)]
    return [Row(method.label, method.name) for method in sorted(found, key=lambda each: each.name != DEFAULT_METHOD)]


def label_of(name: str) -> str:
    """A method's name for people; empty for one that cannot be loaded."""
    try:
        return find_method(name).label
    except UserError:
        return ""


def comparison(methods: Sequence[str], datasets: Sequence[str] | None = None, ood: bool = True) -> list[Experiment]:
    """Methods beside one another on each data set: in scope and, with ``ood``, trained and tested with out-of-scope clips.

    Args:
        methods: their names, or ``all`` that are installed.
        datasets: None: those of the paper.
        ood: with the second table.
    """
    rows = measured_rows(sorted(names(METHOD_GROUP)) if list(methods) == ["all"] else methods)
    found = []
    for dataset in datasets or tuple(paper.TABLE1):
        printed: dict[str, Sequence[float]] = {**paper.ELSEWHERE.get(dataset, {}), **paper.TABLE1.get(dataset, {})}
        rerun: Mapping[str, Sequence[float]] = paper.RERUN.get(dataset, {})
        in_scope = [
            Row(row.label, row.method, {}, printed.get(row.label, ()), rerun.get(row.label, ())) for row in rows
        ]
        title = f"Methods in scope, {dataset}"
        found.append(Experiment("compare", title, dataset, paper.IN_SCOPE, False, in_scope, costs=True))
        if ood:
            both = [Row(row.label, row.method, {}, paper.TABLE2.get(dataset, {}).get(row.label, ())) for row in rows]
            title = f"Methods with out-of-scope clips, {dataset}"
            found.append(Experiment("compare_ood", title, dataset, paper.OPEN_SET, True, both, costs=True))
    return found


def experiments(
    what: str,
    datasets: Sequence[str] | None = None,
    methods: Sequence[str] = (),
    anchors: Sequence[int] = ANCHORS,
    descriptions: Sequence[int] = DESCRIPTIONS,
) -> list[Experiment]:
    """The experiments behind a table or figure, one for each data set.

    Args:
        what: one of :data:`NAMES`.
        datasets: None: those of the paper.
        methods: what tables I and II measure; none: all of the paper's methods that are installed, and the text alone.
        anchors: k of Fig. 4.
        descriptions: descriptions per label of Table IV.
    """
    amess = Row("A-MESS", "amess")
    found = []
    for dataset in datasets or (("MIntRec2.0",) if what == "table2" else paper.TABLE1):
        title, metrics, ood = "", paper.IN_SCOPE, False
        if what == "table1":
            title, compared = "Table I: in-scope intent recognition", measured_rows(methods, paper.TABLE1.get(dataset))
            rows = quoted(paper.TABLE1, dataset, compared)
        elif what == "table2":
            title, metrics, ood = "Table II: in-scope and out-of-scope classification", paper.OPEN_SET, True
            rows = quoted(paper.TABLE2, dataset, measured_rows(methods, paper.TABLE2.get(dataset)))
        elif what == "table3":
            title = "Table III: ablation"
            without = {"without A-ME": {"anchor_embedding": False}, "without SS": {"semantic_sync": False}}
            without["without both"] = {"anchor_embedding": False, "semantic_sync": False}
            ablated = [Row(label, "amess", settings) for label, settings in without.items()]
            rows = quoted(paper.TABLE3, dataset, [amess, *ablated])
        elif what == "table4":
            title, metrics = "Table IV: descriptions per label", paper.DESCRIPTIONS
            first = sorted(descriptions, key=lambda count: count != 3)  # three is the paper's choice
            counted = [Row(f"{count} descriptions", "amess", {"num_descriptions": count}) for count in first]
            rows = [row for row in quoted(paper.TABLE4, dataset, counted) if row.method]
        elif what == "fig4":
            title, metrics = "Fig. 4: number of anchors k", paper.DESCRIPTIONS
            first = sorted(anchors, key=lambda k: k != 8)
            counted = [Row(f"k = {k}", "amess", {"num_anchors": k}) for k in first]
            rows = [row for row in quoted(paper.FIG4, dataset, counted) if row.method]
        else:
            title, rows = "Fig. 5: T_f before and after semantic synchronization", [amess]
        if datasets is None and what in ("table3", "table4", "fig5") and dataset != "MIntRec":
            continue  # the paper shows these on MIntRec alone
        found.append(Experiment(what, f"{title}, {dataset}", dataset, metrics, ood, rows, what == "fig5"))
    return found
