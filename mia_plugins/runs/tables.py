"""Tables to read in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .results import Results, Run, unique

TABLES = {
    "in-scope (%)": ("acc", "f1", "prec", "rec", "weighted_f1", "weighted_prec"),
    "IS + OOS (%)": ("oid_acc", "f1-known", "f1-open", "oid_f1"),
    "OOS detection (%)": ("auroc", "aupr_in", "aupr_out", "fpr95", "eer", "der"),
}


def metrics_table(runs: Sequence[Run], groups: Mapping[str, Sequence[str]] = TABLES) -> str:
    """A row a run, and with several runs of one choice their mean ± standard deviation.

    Args:
        runs: in the order to show.
        groups: heading to metric names; metrics that no run has are left out.
    """
    blocks = []
    for heading, names in groups.items():
        shown = [name for name in names if all(name in run.metrics for run in runs)]
        if not shown:
            continue
        rows: list[list[str]] = []
        for choice in unique([run.choice for run in runs]):
            same = [run for run in runs if run.choice == choice]
            label = ", ".join(f"{key}={value}" for key, value in choice.items())
            rows += [[f"{label} seed {run.seed}".strip(), *(f"{run.metrics[n]:.2f}" for n in shown)] for run in same]
            if len(same) > 1:
                summary = Results(same, "", Path())
                cells = [f"{summary.mean[n]:.2f} ± {summary.std[n]:.2f}" for n in shown]
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
