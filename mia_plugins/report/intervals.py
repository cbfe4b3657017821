"""How much a result depends on the choice of test clips: bootstrap intervals of a run's main metrics."""

from __future__ import annotations

import numpy as np

from ..evaluation.in_scope import in_scope_metrics
from ..evaluation.metrics import displayed, text_of
from ..evaluation.uncertainty import bootstrap_interval
from .comparison import MAIN, heading, is_percent
from .differences import measured
from .saved import SavedRun

RESAMPLES = 500


def interval_lines(run: SavedRun) -> list[str]:
    """A line for each metric: of classes accuracy and macro F1, of several labels macro F1, of numbers the error."""
    true, predicted = run.array("y_true"), run.array("y_pred")
    if true is None or predicted is None:
        return []
    classes = run.problem == "multi-class"
    counted = true < len(run.labels) if classes else np.ones(len(true), bool)
    true, predicted = true[counted], predicted[counted]
    lines = []
    for metric in MAIN[run.problem] if classes else MAIN[run.problem][:1]:

        def measure(rows: np.ndarray, _: np.ndarray, metric: str = metric) -> float:
            if classes:
                return in_scope_metrics(true[rows], predicted[rows])[metric]
            return measured(metric, true[rows], predicted[rows])

        rows = np.arange(len(true))
        found = bootstrap_interval(measure, rows, rows, num_resamples=RESAMPLES)
        value, low, high = (text_of(metric, displayed(metric, each)) for each in found[:3])
        percent = " %" if is_percent(metric) else ""
        clips = f"{len(true)} {'in-scope ' if classes else ''}test clips"
        lines.append(
            f"{heading(metric)} of seed {run.record['seed']}: {value}{percent}, 95 % bootstrap interval "
            f"{low} to {high} over the choice of the {clips}"
        )
    return lines
