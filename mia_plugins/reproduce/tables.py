"""Tables of a plan's results, as Markdown, CSV and JSON: mean ± standard deviation beside the paper's figures."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..evaluation.uncertainty import holm, paired_test
from ..runs.ablation import signed
from ..runs.markdown import markdown_table
from ..runs.tables import COSTS, cells, unit
from ..system.files import whole_file
from ..system.json_files import is_a, write_json
from .experiments import Experiment, Row
from .plan import Plan
from .store import Store


def build_table(experiment: Experiment, plan: Plan, store: Store) -> dict[str, Any]:
    """One experiment's table as plain values.

    Returns:
        ``title``, ``dataset``, ``metrics`` (name to heading), ``rows`` (``label``, ``method``, ``settings``, ``seeds``
        planned and done, ``mean``, ``std``, and ``values`` by seed, by metric in percent, ``paper`` and ``rerun`` by
        metric, ``cost``), ``tests`` (one line each).
    """
    rows, values = [], {}
    for row in experiment.rows:
        planned = plan.runs_of(experiment, row)
        results = {run.seed: result for run in planned if (result := store.result(run)) is not None}
        found = {seed: result["metrics"] for seed, result in results.items()}
        values[row.label] = found
        names = [name for name in experiment.metrics if found and all(name in metrics for metrics in found.values())]
        series = {name: [metrics[name] for metrics in found.values()] for name in names}
        rows.append(
            {
                "label": row.label,
                "method": row.method,
                "settings": dict(row.settings),
                "seeds_planned": len(planned),
                "seeds": sorted(found),
                "mean": {name: statistics.fmean(numbers) for name, numbers in series.items()},
                "std": {name: statistics.stdev(numbers) for name, numbers in series.items() if len(numbers) > 1},
                "values": {name: dict(zip(map(str, found), numbers)) for name, numbers in series.items()},
                "paper": dict(zip(experiment.metrics, row.printed)),
                "rerun": dict(zip(experiment.metrics, row.rerun)),
                "cost": cost(results) if experiment.costs else {},
            }
        )
    return {
        "name": experiment.name,
        "title": experiment.title,
        "dataset": experiment.dataset,
        "metrics": dict(experiment.metrics),
        "rows": rows,
        "tests": tests(experiment, values),
    }


def cost(results: Mapping[int, Mapping[str, Any]]) -> dict[str, float]:
    """The median over the runs of everything they cost that is known."""
    costs = [result["cost"] for result in results.values() if isinstance(result.get("cost"), dict)]
    found = {name: [each[name] for each in costs if is_a(each.get(name), float)] for name in COSTS}
    return {name: statistics.median(numbers) for name, numbers in found.items() if numbers}


def tests(experiment: Experiment, values: Mapping[str, Mapping[int, Mapping[str, float]]]) -> list[str]:
    """Paired tests of the first row against each other measured one, over their common seeds, in points.

    The p values of a metric are corrected for the number of rows by Holm's method. The first line says how it was tested.
    """
    first, *others = [row for row in experiment.rows if values[row.label]] or [Row("", None)]
    lines, most, weakest = [], 0, None
    for name in list(experiment.metrics)[:2]:
        found = []
        for other in others:
            seeds = sorted(
                seed
                for seed in set(values[first.label]) & set(values[other.label])
                if all(math.isfinite(values[row.label][seed][name]) for row in (first, other))
            )
            if len(seeds) > 1:
                a, b = ([values[row.label][seed][name] for seed in seeds] for row in (first, other))
                found.append((other, paired_test(a, b)))
        most = max(most, len(found))
        weakest = min((test for _, test in found), key=lambda test: test.n, default=weakest)
        for (other, test), corrected in zip(found, holm([test.p_value for _, test in found])):
            # the t interval of two differences is 13 times as wide as their distance, and of no use
            interval = f" ({signed(name, test.low)} to {signed(name, test.high)})" if test.n > 2 else ""
            points = " points" if unit(name) else ""
            by_holm = f", by Holm {corrected:.3g}" if len(found) > 1 else ""
            lines.append(
                f"{first.label} − {other.label}, {experiment.metrics[name]}: "
                f"{signed(name, test.mean_difference)}{points}{interval}, "
                f"p = {test.p_value:.3g}{by_holm}, {test.n} common seeds"
            )
    if weakest is None:
        return []
    how = "Differences under the same seed, their 95 % t interval from three seeds on, p by a paired permutation test"
    holm_words = f", corrected by Holm for {most} tests" if most > 1 else ""
    return [f"{how}{holm_words}; {weakest.n} seeds allow no p below {weakest.smallest_p:.3g}.", *lines]


def markdown(tables: Sequence[Mapping[str, Any]], notes: Sequence[str], command: str, about: str) -> str:
    """A page of tables."""
    how = "mean ± sample standard deviation over the seeds, test set, in percent where a heading says so"
    parts = [f"Made by `{command}`; {how}.", about]
    for table in tables:
        parts += [f"## {table['title']}", markdown_table(*cells(table))]
        if table["tests"]:
            parts.append("\n".join(f"- {line}" for line in table["tests"]))
    if notes:
        parts += ["## Left out", "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join(parts) + "\n"


def csv_text(tables: Sequence[Mapping[str, Any]]) -> str:
    """All numbers, one per line: experiment, data set, row, metric, mean, std, seeds, paper."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["experiment", "dataset", "row", "measured", "metric", "mean", "std", "seeds", "paper"])
    for table in tables:
        for row in table["rows"]:
            for name in table["metrics"]:
                numbers = [row[kind].get(name, "") for kind in ("mean", "std", "paper")]
                mean, std, printed = (f"{number:.4f}" if number != "" else "" for number in numbers)
                kind = "yes" if row["method"] else "quoted"
                seeds = " ".join(map(str, row["seeds"]))
                writer.writerow([table["name"], table["dataset"], row["label"], kind, name, mean, std, seeds, printed])
    return file.getvalue()


def about(plan: Plan, store: Store) -> str:
    """Where and how the results were made, in a sentence."""
    results = [result for run in plan.runs if (result := store.result(run)) is not None]
    if not results:
        return "No run has a result yet."
    minutes = sum(result["seconds"] for result in results) / 60
    made = [f"{len(results)} of {len(plan.runs)} runs, {minutes:.1f} minutes in all"]
    for name in ("text_backbone", "eval_monitor", "device", "torch", "code"):
        found = sorted({str(result.get(name, ""))[:40] for result in results})
        made.append(f"{name} {', '.join(text[:8] if name == 'code' else text for text in found)}")
    return "; ".join(made) + "."


def write_tables(plan: Plan, store: Store, name: str, command: str) -> tuple[list[dict[str, Any]], list[Path]]:
    """Writes ``<name>.md``, ``.csv`` and ``.json`` from whatever results there are; returns tables and paths."""
    tables = [build_table(experiment, plan, store) for experiment in plan.experiments]
    paths = [store.folder / f"{name}.{kind}" for kind in ("md", "csv", "json")]
    for path, text in zip(paths, (markdown(tables, plan.notes, command, about(plan, store)), csv_text(tables))):
        with whole_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    write_json(paths[-1], {"kind": "tables", "tables": tables, "notes": plan.notes, "command": command})
    return tables, paths
