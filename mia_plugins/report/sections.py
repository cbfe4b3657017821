"""The sections of a report. One that cannot be made of a run's files becomes a line, and the others are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..plugin.picture import Picture, PictureRequest
from ..runs.tables import cells
from ..system.json_files import check_keys, read_object
from . import (
    about,
    calibration,
    classes,
    comparison,
    differences,
    forest,
    intervals,
    modalities,
    scope,
    sentiment,
    training,
)
from .page import Page
from .runs import Group, installed_method
from .saved import SavedRun, plain
from .sweeps import Sweep, draw_sweep, sweeps


def attempt(page: Page, what: str, make: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    """What a function makes of a run's files; None, and a line on the page, where it cannot."""
    try:
        return make(*args, **keywords)
    except UserError as error:
        page.problem(f"{what} left out: {error}")
    except Exception as error:  # files that anybody may have written, drawn by a method that anybody may have written
        page.problem(f"{what} left out: {type(error).__name__}: {plain(error)}")
    return None


def add_tables(page: Page, folders: Sequence[Path]) -> None:
    """The tables that ``reproduce`` left in the folders."""
    for path in (path for folder in folders for path in sorted(folder.glob("*.json"))):
        try:
            made = read_object(path)
            if made.get("kind") != "tables":
                continue
            check_keys(path, made, {"tables": list, "notes": list})
            tables = [
                (plain(table["title"]), cells(table), list(map(plain, table["tests"]))) for table in made["tables"]
            ]
        except UserError as error:
            page.problem(f"left out: {error}")
            continue
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            page.problem(f"left out: {path}: holds no tables of reproduce ({type(error).__name__}: {plain(error)})")
            continue
        for (title, table, tests), whole in zip(tables, made["tables"]):
            page.heading(title)
            page.table(*table, attempt(page, f"the best of {title}", best_cells, whole) or ())
            page.items(tests)
        page.items([plain(note) for note in made["notes"]])


def best_cells(table: Mapping[str, Any]) -> set[tuple[int, int]]:
    """The cells of a table of ``reproduce`` with the best measured mean of a column; quoted figures do not compete."""
    step = 1 + sum(any(row.get(kind) for row in table["rows"]) for kind in ("paper", "rerun"))
    marked = set()
    for column, name in enumerate(table["metrics"]):
        means = {i: round(row["mean"][name], 2) for i, row in enumerate(table["rows"]) if name in row["mean"]}
        if len(means) > 1:
            top = (max if comparison.higher_is_better(name) else min)(means.values())
            marked |= {(i, 1 + step * column) for i, mean in means.items() if mean == top}
    return marked


def add_overview(page: Page, groups: Sequence[Group]) -> None:
    """What was run, what came out, and whether the differences are real."""
    page.text(about.summary(groups))
    for number, (clips, same) in enumerate(comparison.comparable(groups).items(), 1):
        for line in attempt(page, f"versions on {clips}", about.mixed, same) or []:
            page.problem(f"warning: {clips}: {line}")
        page.heading(clips)
        add_comparison(page, same, clips, f"comparison_{number}")


def add_comparison(page: Page, groups: Sequence[Group], clips: str, name: str) -> None:
    """Groups that were scored on the same test clips: points and intervals, metrics, differences, modalities.

    Args:
        page: where to.
        groups: the best first.
        clips: the name of the test clips.
        name: of the picture's files.
    """
    metric = comparison.main_metric(groups)
    having = [group for group in groups if group.values(metric)]
    pairs: Sequence[differences.Difference] = []
    if len(having) > 1:
        pairs = attempt(page, f"differences on {clips}", differences.differences, having, metric) or []
        what = f"the comparison of {clips}"
        page.picture(attempt(page, what, forest.draw_comparison, groups, pairs, metric, clips, page.figures, name))
    bold = "; the best mean of a column is bold" if len(groups) > 1 else ""
    percent = ", in percent" if comparison.is_percent(metric) else ""
    page.text(f"Test clips{percent}; mean ± sample standard deviation over the seeds{bold}.")
    comparison.add_metrics(page, groups)
    if pairs:
        page.heading(f"Is {having[0].label} better?", 3)
        page.table(*differences.table(pairs, metric))
        page.text(differences.explained(having[0], metric, pairs))
    ablated = [group for group in groups if modalities.mean_rows(group)]
    if len(ablated) > 1:
        page.heading("What each loses without a modality", 3)
        what = f"the modalities on {clips}"
        page.picture(attempt(page, what, modalities.side_by_side, ablated, clips, page.figures, f"{name}_modalities"))


def add_sweeps(page: Page, groups: Sequence[Group]) -> None:
    """A picture for each setting that some groups differ in alone."""
    by_setting: dict[str, list[Sweep]] = {}
    for sweep in sweeps(groups):
        by_setting.setdefault(sweep.setting, []).append(sweep)
    for setting, panels in by_setting.items():
        name, words = PictureRequest(page.figures, "over").name(setting), plain(setting)
        what = f"the picture over {words}"
        page.picture(attempt(page, what, draw_sweep, panels, page.figures, name, words=words))


def add_group(page: Page, group: Group, number: int, labels: Sequence[str], clips: Sequence[str]) -> None:
    """One group of runs, the ``number``-th of the page; pictures of single predictions are of its lowest seed."""
    run, folder = group.first, page.figures
    request = PictureRequest(folder, f"{number}_{run.record['method']}_{run.record['dataset']}", labels, clips)
    page.heading(group.title)
    page.links([(f"folder of seed {each.record['seed']}", each.folder) for each in group.runs])
    for warning in warnings(run):
        page.problem(f"warning: {run.record['dataset']}: {warning}")
    page.items(attempt(page, f"{group.title}: intervals", intervals.interval_lines, run) or [])

    def picture(what: str, draw: Callable[..., Picture | None], *args: Any) -> None:
        page.picture(attempt(page, f"{group.title}: {what}", draw, *args, folder, request.name(what)))

    picture("training", training.training_curves, group)
    if all(len(each.record["history"]) == 1 for each in group.runs):
        page.text("Every run was trained for one epoch, so there is no training curve.")
    table = attempt(page, f"{group.title}: modality ablation", modalities.ablation_table, group)
    if table:
        page.heading("Modality ablation", 3)
        page.table(*table)
        picture("modalities", modalities.modality_bars, group)
    if run.problem == "regression":
        add_table(page, group, "Error by degree", sentiment.by_degree)
        picture("predicted", sentiment.scatter, run, group.title)
        return
    if run.problem == "multi-label":
        add_table(page, group, "Labels", classes.per_label)
        return
    table = attempt(page, f"{group.title}: intents", classes.per_class, run)
    if table:
        page.heading("Intents", 3)
        picture("confusion", classes.confusion_matrix, run, group.title)
        page.table(*table)
    picture("calibration", calibration.reliability, run, group.title)
    picture("oos_scores", scope.score_histograms, run, group.title)
    picture("oos_tradeoff", scope.tradeoff, run, group.title)
    add_methods_pictures(page, group, request)


def add_table(page: Page, group: Group, heading: str, make: Callable[..., Any]) -> None:
    """A table of the group's first run under its heading; methods' own pictures are of classes, and left out."""
    table = attempt(page, f"{group.title}: {heading}", make, group.first)
    if table:
        page.heading(heading, 3)
        page.table(*table)


def add_methods_pictures(page: Page, group: Group, request: PictureRequest) -> None:
    """The pictures that the run's method brings, where it is installed."""
    method = installed_method(group.first.record["method"])
    if method is None:
        page.text(
            f"The method {group.first.record['method']} is not installed here, so pictures of its own are missing."
        )
        return
    for draw in method.pictures:
        name = getattr(draw, "__name__", "a picture")
        for each in attempt(page, f"{group.title}: {name}", draw, group, request) or ():
            page.picture(each)


def warnings(run: SavedRun) -> list[str]:
    """What the run was warned of, such as clips that are in two splits."""
    found = run.record.get("warnings")
    return [plain(line) for line in found[:20]] if isinstance(found, list) else []
