"""``mia-plugins report``: pages and pictures of finished runs."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DETAILED = 4  # groups of runs with pictures, unless asked for


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "report",
        help="one HTML page and Markdown of finished runs, with figures as SVG and PNG",
        description="Reads what --save_results and reproduce left behind; needs neither data nor models.",
    )
    parser.add_argument("folders", nargs="+", metavar="DIR", help="results folders, or folders of runs (--output_path)")
    parser.add_argument("-o", "--out", default="report", metavar="DIR", help="where to write (default: %(default)s)")
    parser.add_argument("--labels", nargs="+", default=[], metavar="LABEL", help="intents of the Fig. 5 picture")
    parser.add_argument(
        "--clip", nargs="+", default=[], metavar="KEY", help="clips whose anchors are shown, by their keys"
    )
    parser.add_argument(
        "--detail", nargs="+", metavar="TEXT", help="show pictures of the groups of runs whose title contains this"
    )
    parser.set_defaults(action=report)


def report(options: argparse.Namespace) -> int:
    """Writes the report.

    Raises:
        UserError: something of the user's is wrong, or matplotlib is missing.
    """
    from ..errors import UserError
    from .anchors import by_anchors, over_anchors
    from .page import Page
    from .runs import find_runs, group_runs

    folders = [Path(folder) for folder in options.folders]
    runs, problems = find_runs(folders)
    groups = group_runs(runs)
    out = Path(options.out)
    page = Page(f"Report of {len(runs)} runs", folder=out)
    page.items(problems)
    add_tables(page, folders)
    page.heading("All runs")
    page.text("Test set, in percent; mean ± sample standard deviation over the seeds.")
    for header, rows in overview(groups):
        page.table(header, rows)
    page.picture(over_anchors(by_anchors(groups), out / "figures"))
    detailed = groups[:DETAILED]
    if options.detail:
        detailed = [
            group for group in groups if any(text.casefold() in group.title.casefold() for text in options.detail)
        ]
        if not detailed:
            known = "; ".join(group.title for group in groups)
            raise UserError(f"--detail {' '.join(options.detail)}: no group of runs is called so; there are: {known}")
    known_clips = {key for group in detailed for key in group.first.clips["keys"]}
    for key in options.clip:
        if key not in known_clips:
            raise UserError(f"--clip {key}: no such test clip in the runs shown; keys are those of the feature files")
    for number, group in enumerate(detailed, 1):
        add_group(page, group, number, options)
    if len(detailed) < len(groups) and not options.detail:
        page.text(f"{len(groups) - len(detailed)} more groups of runs have no pictures here; --detail TEXT shows them.")
    for path in page.write():
        print(f"written: {path}")
    return 0


def add_tables(page: Any, folders: Sequence[Path]) -> None:
    """The tables that ``reproduce`` left in the folders."""
    from ..reproduce.tables import cells

    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                page.text(f"{path} cannot be read and is left out: {error}")
                continue
            if not isinstance(found, dict) or found.get("kind") != "tables":
                continue
            for table in found["tables"]:
                page.heading(table["title"])
                page.table(*cells(table))
                page.items(table["tests"])
            page.items(found["notes"])


def overview(groups: Sequence[Any]) -> list[tuple[list[str], list[list[str]]]]:
    """Header and rows for each kind of metric that some group has."""
    from ..runs.tables import TABLES

    tables = []
    for heading, names in TABLES.items():
        having = [group for group in groups if group.values(names[0])]
        if having:
            rows = [[group.title, str(len(group.runs)), *(group.text(name) for name in names)] for group in having]
            tables.append(([heading, "seeds", *names], rows))
    return tables


def add_group(page: Any, group: Any, number: int, options: argparse.Namespace) -> None:
    """One group of runs, the ``number``-th of the page; pictures of single predictions are of its lowest seed."""
    from . import anchors, calibration, classes, scope, semantics, training, worth

    folder, run = page.folder / "figures", group.first
    short = f"{number}_{run.record['method']}_{run.record['dataset']}"

    def name(what: str) -> str:
        return re.sub(r"[^\w.-]+", "_", f"{short}_{what}")

    page.heading(group.title)
    page.items(interval_lines(run))
    page.picture(training.training_curves(group, folder, name("training")))
    table = worth.worth_table(group)
    if table:
        page.heading("What the modalities are worth", 3)
        page.table(*table)
        page.picture(worth.modality_bars(group, folder, name("modalities")))
    found = classes.per_class(run)
    if found:
        page.heading("Intents", 3)
        page.picture(classes.confusion_matrix(run, group.title, folder, name("confusion")))
        page.table(*found)
    page.picture(calibration.reliability(run, group.title, folder, name("calibration")))
    page.picture(scope.score_histograms(run, group.title, folder, name("oos_scores")))
    page.picture(scope.tradeoff(run, group.title, folder, name("oos_tradeoff")))
    page.picture(semantics.semantics(run, options.labels, group.title, folder, name("semantics")))
    close = semantics.closeness(run)
    if close:
        page.text(
            f"Mean cosine of T_f to the descriptions of the clip's own label {close[0]:.3f}, to those of the others "
            f"{close[1]:.3f} (in-scope test clips, seed {run.record['seed']})."
        )
    for row in anchors.choose_clips(run, options.clip):
        key = run.clips["keys"][row]
        page.picture(anchors.clip_anchors(run, row, group.title, folder, name(f"anchors_{key}")))


def interval_lines(run: Any) -> list[str]:
    """Bootstrap intervals of accuracy and macro F1 over the choice of test clips."""
    from ..evaluation.in_scope import in_scope_metrics
    from ..evaluation.uncertainty import bootstrap_interval

    true, predicted = run.array("y_true"), run.array("y_pred")
    if true is None or predicted is None:
        return []
    inside = true < len(run.labels)
    lines = []
    for metric, heading in (("acc", "ACC"), ("f1", "F1")):

        def measure(t: Any, p: Any, metric: str = metric) -> float:
            return in_scope_metrics(t, p)[metric]

        found = bootstrap_interval(measure, true[inside], predicted[inside], num_resamples=500)
        lines.append(
            f"{heading} of seed {run.record['seed']}: {100 * found.estimate:.2f} %, 95 % bootstrap interval "
            f"{100 * found.low:.2f} to {100 * found.high:.2f} over the choice of the {inside.sum()} in-scope test clips"
        )
    return lines
