"""``mia-plugins report``: pages and pictures of finished runs."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError

if TYPE_CHECKING:
    from .runs import Group

DETAILED = 4  # groups of runs with pictures, unless asked for


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "report",
        help="one HTML page and Markdown of finished runs, with figures as SVG, PDF and PNG",
        description="Reads what --save_results and reproduce left behind; needs neither data nor models.",
    )
    parser.add_argument("folders", nargs="+", metavar="DIR", help="results folders, or folders of runs (--output_path)")
    parser.add_argument("-o", "--out", default="report", metavar="DIR", help="where to write (default: %(default)s)")
    parser.add_argument(
        "--labels", nargs="+", default=[], metavar="LABEL", help="intents to show in the method's own pictures"
    )
    parser.add_argument(
        "--clip", nargs="+", default=[], metavar="KEY", help="clips to show in the method's own pictures, by their keys"
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
    from ..plugin.picture import import_matplotlib
    from .about import add_methods, title_of
    from .page import Page
    from .runs import find_runs, group_runs
    from .sections import add_group, add_overview, add_sweeps, add_tables

    import_matplotlib()
    folders = [Path(folder) for folder in options.folders]
    runs, problems = find_runs(folders)
    groups = group_runs(runs)
    detailed = choose(groups, options.detail)
    check_wishes(detailed, options.labels, options.clip)
    page = Page(title_of(groups), folder=Path(options.out), problems=problems)
    add_overview(page, groups)
    add_tables(page, folders)
    add_sweeps(page, groups)
    add_methods(page, groups, command_line(options))
    for number, group in enumerate(detailed, 1):
        add_group(page, group, number, options.labels, options.clip)
    if len(detailed) < len(groups) and not options.detail:
        left_out = len(groups) - len(detailed)
        page.text(f"{left_out} more groups of runs have no pictures of their own here; --detail TEXT chooses others.")
    for path in page.write():
        print(f"written: {path}")
    return 0


def command_line(options: argparse.Namespace) -> str:
    """The command as it may be typed again."""
    words = ["mia-plugins", "report", *options.folders, "-o", options.out]
    for name in ("labels", "clip", "detail"):
        given = getattr(options, name)
        words += [f"--{name}", *given] if given else []
    return shlex.join(words)


def choose(groups: Sequence[Group], texts: Sequence[str] | None) -> Sequence[Group]:
    """The groups with pictures: those whose title contains one of the texts, or the first ones.

    Raises:
        UserError: no title contains any.
    """
    if not texts:
        return groups[:DETAILED]
    chosen = [group for group in groups if any(text.casefold() in group.title.casefold() for text in texts)]
    if not chosen:
        known = "; ".join(group.title for group in groups[:20])
        raise UserError(f"--detail {' '.join(texts)}: no group of runs is called so; there are: {known}")
    return chosen


def check_wishes(groups: Sequence[Group], labels: Sequence[str], clips: Sequence[str]) -> None:
    """Whether some group has each label and clip that the user named.

    Raises:
        UserError: none has.
    """
    known_labels = {label.casefold(): label for group in groups for label in group.first.labels}
    for label in labels:
        if label.casefold() not in known_labels:
            names = ", ".join(list(known_labels.values())[:40])
            raise UserError(f"--labels {label}: not a label of the runs shown; they have: {names}")
    known_clips = {key for group in groups for key in keys_of(group)} if clips else set()
    for key in clips:
        if key not in known_clips:
            raise UserError(f"--clip {key}: no such test clip in the runs shown; keys are those of the feature files")


def keys_of(group: Group) -> list[str]:
    """The keys of a group's clips; none where they cannot be read."""
    try:
        return group.first.clips["keys"]
    except UserError:
        return []
