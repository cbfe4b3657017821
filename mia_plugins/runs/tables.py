"""Tables to read in a terminal and in Markdown, and the cells of a plan's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..evaluation.metrics import displayed, shown_in_tables, text_of
from .results import Results, Run, unique

MISSING = "–"


class Cost(NamedTuple):
    """How a run's cost is shown: divided by ``scale``, with so many digits behind the point."""

    heading: str
    scale: float
    digits: int

    def text(self, value: float) -> str:
        """A value as it is shown."""
        return f"{value / self.scale:,.{self.digits}f}"


COSTS = {
    "parameters": Cost("parameters (M)", 1e6, 1),
    "train_clips_per_second": Cost("train clips/s", 1, 1),
    "test_clips_per_second": Cost("test clips/s", 1, 1),
    "peak_memory_mib": Cost("peak memory (MiB)", 1, 0),
}


def metrics_table(runs: Sequence[Run], groups: Mapping[str, Sequence[str]] | None = None) -> str:
    """One row per run, and for several runs of one choice their mean ± standard deviation.

    Args:
        runs: in the order to show.
        groups: heading to metric names; metrics that no run has are left out. None: those of the registry.
    """
    blocks = []
    for heading, names in (groups or shown_in_tables()).items():
        shown = [name for name in names if all(name in run.metrics for run in runs)]
        if not shown:
            continue
        rows: list[list[str]] = []
        for choice in unique([run.choice for run in runs]):
            same = [run for run in runs if run.choice == choice]
            label = ", ".join(f"{key}={value}" for key, value in choice.items())
            rows += [[f"{label} seed {run.seed}".strip(), *(text_of(n, run.metrics[n]) for n in shown)] for run in same]
            if len(same) > 1:
                summary = Results(same, "", Path())
                cells = [f"{text_of(n, summary.mean[n])} ± {text_of(n, summary.std[n])}" for n in shown]
                rows.append([f"{label} mean ± std".strip(), *cells])
        blocks.append(format_table([heading, *shown], rows))
    return "\n\n".join(blocks)


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns under a ruled header.

    >>> print(format_table(["", "acc"], [["seed 0", "61.20"]]))
            |   acc
    --------+------
    seed 0  | 61.20
    """
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    widths[0] = max(widths[0], 7)

    def line(cells: Sequence[str]) -> str:
        return " | ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths)))

    return "\n".join([line(header), "-+-".join("-" * w for w in widths), *map(line, rows)])


def cells(table: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and text cells of a table that ``reproduce`` made: every metric with the paper's figure beside it.

    Args:
        table: of :func:`mia_plugins.reproduce.tables.build_table`.
    """
    beside = [kind for kind in ("paper", "rerun") if any(row.get(kind) for row in table["rows"])]
    costs = [name for name in COSTS if any(name in row.get("cost", {}) for row in table["rows"])]
    header, body = [""], []
    for name, heading in table["metrics"].items():
        header += [f"{heading}{unit(name)}", *(kind.replace("rerun", "re-run") for kind in beside)]
    for row in table["rows"]:
        line = [row["label"] + ("" if row["method"] else " (quoted, not run)")]
        for name in table["metrics"]:
            text = MISSING
            if name in row["mean"]:
                spread = f" ± {text_of(name, row['std'][name])}" if name in row["std"] else ""
                text = f"{text_of(name, row['mean'][name])}{spread}"
            line.append(text)
            line += [f"{row[kind][name]:.2f}" if name in row.get(kind, {}) else MISSING for kind in beside]
        count, planned = len(row["seeds"]), row["seeds_planned"]
        seeds = str(count) if count == planned else f"{count} of {planned}"
        known = row.get("cost", {})
        spent = [COSTS[name].text(known[name]) if name in known else MISSING for name in costs]
        body.append([*line, seeds if row["method"] else MISSING, *spent])
    return [*header, "seeds", *(COSTS[name].heading for name in costs)], body


def unit(metric: str) -> str:
    """Behind a metric's heading."""
    return " (%)" if displayed(metric, 1.0) == 100 else ""
