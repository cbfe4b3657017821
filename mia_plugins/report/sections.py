"""The sections of a report. One that cannot be made of a run's files becomes a line, and the others are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..evaluation.in_scope import in_scope_metrics
from ..evaluation.uncertainty import bootstrap_interval
from ..plugin.picture import Picture, PictureRequest
from ..runs.tables import cells
from ..system.json_files import check_keys, read_object
from . import calibration, classes, modalities, overview, scope, training
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
        for title, table, tests in tables:
            page.heading(title)
            page.table(*table)
            page.items(tests)
        page.items([plain(note) for note in made["notes"]])


def add_overview(page: Page, groups: Sequence[Group]) -> None:
    """What was run, what came out, and whether the differences are real."""
    page.text(" · ".join(overview.about(groups)))
    for number, (clips, same) in enumerate(overview.comparable(groups).items(), 1):
        page.heading(clips)
        name = f"comparison_{number}"
        page.picture(
            attempt(page, f"the comparison of {clips}", overview.draw_comparison, same, clips, page.figures, name)
        )
        page.text("Test clips, in percent; mean ± sample standard deviation over the seeds; the best mean is bold.")
        overview.add_tables_of_metrics(page, same)
        page.items(attempt(page, f"tests on {clips}", overview.comparisons, same) or [])


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
    page.items([f"Warning: {warning}" for warning in warnings(run)])
    page.items(attempt(page, f"{group.title}: intervals", interval_lines, run) or [])

    def picture(what: str, draw: Callable[..., Picture | None], *args: Any) -> None:
        page.picture(attempt(page, f"{group.title}: {what}", draw, *args, folder, request.name(what)))

    picture("training", training.training_curves, group)
    table = attempt(page, f"{group.title}: modality ablation", modalities.ablation_table, group)
    if table:
        page.heading("Modality ablation", 3)
        page.table(*table)
        picture("modalities", modalities.modality_bars, group)
    table = attempt(page, f"{group.title}: intents", classes.per_class, run)
    if table:
        page.heading("Intents", 3)
        picture("confusion", classes.confusion_matrix, run, group.title)
        page.table(*table)
    picture("calibration", calibration.reliability, run, group.title)
    picture("oos_scores", scope.score_histograms, run, group.title)
    picture("oos_tradeoff", scope.tradeoff, run, group.title)
    add_methods_pictures(page, group, request)


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


def interval_lines(run: SavedRun) -> list[str]:
    """Bootstrap intervals of accuracy and macro F1 over the choice of test clips."""
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
