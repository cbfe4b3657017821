"""The letter's tables of figures, from results tables of the host's script or of ``run.py``."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...runs.markdown import markdown_table
from ...runs.results import read_rows
from ..facts.host import Host

Row = dict[str, str]
IN_SCOPE = {"acc": "ACC", "weighted_f1": "WF1", "weighted_prec": "WP", "f1": "F1", "prec": "P", "rec": "R"}
OPEN_SET = {"oid_acc": "ACC", "f1-known": "F1-known", "f1-open": "F1-open", "oid_f1": "F1"}
DETECTION = {name: name.upper().replace("_", "-") for name in ("auroc", "aupr_in", "aupr_out", "fpr95", "eer", "der")}
DETECTORS = ("energy", "ma", "maxlogit", "msp", "residual", "vim")


def figures(host: Host, method: str, folder: Path) -> str:
    """The tables, in Markdown.

    Args:
        host: the benchmark.
        method: the method's name.
        folder: holds results tables (``*.csv``), at any depth.

    Raises:
        UserError: there is no such folder, or no run of the method on one of the host's data sets in it.
    """
    if not folder.is_dir():
        raise UserError(f"--results {folder}: no such folder")
    rows = [{**row, "file": path.name} for path in sorted(folder.rglob("*.csv")) for row in read_rows(path)[1]]
    variants = {variant.format(method=method) for variant in host.variants} | {method}
    rows = [row for row in rows if row.get("method") in variants and row.get("dataset") in host.datasets]
    if not rows:
        raise UserError(f"--results {folder}: no table there has a run of {method} on {' or '.join(host.datasets)}")
    parts = []
    for key, group in grouped(rows, lambda row: (row["dataset"], row["method"], row["file"])).items():
        check_once(group)
        parts.append(f"### {key[0]}, `{key[1]}` (`{key[2]}`)")
        parts.append(in_scope_table(group))
        open_set = [row for row in group if row.get("oid_f1")]
        if open_set:
            parts.append("In-scope and out-of-scope utterances together:")
            parts.append(markdown_table(["", *OPEN_SET.values()], [["mean ± std", *means(open_set, OPEN_SET)]]))
        detected = grouped([row for row in group if row.get("auroc")], detector)
        if detected:
            parts.append("Out-of-scope detection, mean ± std:")
            lines = [[name, *means(each, DETECTION)] for name, each in sorted(detected.items())]
            parts.append(markdown_table(["detector", *DETECTION.values()], lines))
    return "\n\n".join(parts)


def in_scope_table(rows: list[Row]) -> str:
    """A row a seed, and their mean."""
    known = {key: head for key, head in IN_SCOPE.items() if any(row.get(key) for row in rows)}
    seeds = grouped(rows, lambda row: int(row.get("seed") or 0))
    lines = [[str(seed), *means(each[:1], known)] for seed, each in sorted(seeds.items())]
    lines.append(["mean ± std", *means([each[0] for each in seeds.values()], known)])
    return markdown_table(["seed", *known.values()], lines)


def grouped(rows: list[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """The rows by a key, in order of appearance."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def check_once(rows: list[Row]) -> None:
    """Refuses a table in which a run is there twice.

    Raises:
        UserError: it is; names the run.
    """
    kinds = grouped(
        rows, lambda row: (row.get("seed"), detector(row) if row.get("auroc") else "", bool(row.get("oid_f1")))
    )
    for (seed, _, _), each in kinds.items():
        if len(each) > 1:
            raise UserError(f"{each[0]['file']}: {len(each)} runs of seed {seed} are alike; keep those of one setting")


def detector(row: Row) -> str:
    """A row's detector: in a column, or as MMOIR has it, in the log's name."""
    words = row.get("log_id", "").split("_")
    return row.get("ood_detection_method") or next((word for word in words if word in DETECTORS), "unknown")


def means(rows: Sequence[Row], names: Iterable[str]) -> list[str]:
    """Mean and standard deviation of each metric; of one row the value alone."""
    cells = []
    for name in names:
        values = [float(row[name]) for row in rows if row.get(name)]
        spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
        cells.append(f"{statistics.fmean(values):.2f}{spread}" if values else "n/a")
    return cells
