"""Whether the best group of runs is really better than the others: paired over seeds, or else over test clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import UserError
from ..evaluation.metrics import displayed
from ..evaluation.multi_label import f1_of
from ..evaluation.uncertainty import PairedResult, bootstrap_interval, holm, paired_test
from .comparison import heading, higher_is_better, is_percent
from .numbers import plural, signed
from .runs import Group
from .saved import SavedRun

LEVEL = 0.05
DECISIONS = {"acc": "y_pred", "oid_acc": "y_open", "macro_f1": "y_pred", "MAE": "y_pred"}  # metric -> its array


class Difference(NamedTuple):
    """The best group minus another, in points.

    Attributes:
        other: the other group.
        values: of every common seed.
        low, high: the 95 % interval of the mean; None if there is none.
        over: what the interval is over, ``seeds`` or ``clips``.
        p_value: of the paired permutation test, after Holm's correction; None with fewer than two common seeds.
        smallest_p: no p value of so many seeds and comparisons can be below it.
    """

    other: Group
    values: Sequence[float]
    low: float | None = None
    high: float | None = None
    over: str = "seeds"
    p_value: float | None = None
    smallest_p: float = 1.0

    @property
    def mean(self) -> float | None:
        """Over the common seeds."""
        return float(np.mean(self.values)) if self.values else None

    @property
    def excludes_zero(self) -> bool:
        """Whether there is an interval, and zero is not in it."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def verdict(self) -> str:
        """What may be said, in words."""
        if self.p_value is not None and self.p_value < LEVEL:
            return "beyond chance"
        if self.over == "clips":
            if self.low is None:
                return "cannot be told"
            return "beyond chance for this one seed" if self.excludes_zero else "not beyond chance"
        if self.smallest_p >= LEVEL:
            return "too few seeds to tell" + (", though the interval excludes 0" if self.excludes_zero else "")
        return "not beyond chance"


def differences(groups: Sequence[Group], metric: str) -> list[Difference]:
    """The first group against each of the others.

    Args:
        groups: scored on the same test clips, the best first.
        metric: what is compared, in percent.
    """
    first, *others = groups
    pairs = [common(first, other, metric) for other in others]
    tested = [paired_test([a for a, _ in each], [b for _, b in each]) if len(each) > 1 else None for each in pairs]
    corrected = holm([result.p_value for result in tested if result is not None])
    made = []
    for other, each, result in zip(others, pairs, tested):
        values = [a - b for a, b in each]
        if result is None:
            low, high = over_clips(first, other, metric) if each else (None, None)
            made.append(Difference(other, values, low, high, "clips"))
            continue
        # two differences determine a t interval of no use: it is 13 times as wide as their distance
        low, high = (result.low, result.high) if result.n > 2 else (None, None)
        made.append(Difference(other, values, low, high, "seeds", corrected.pop(0), smallest(result, tested)))
    return made


def smallest(result: PairedResult, tested: Sequence[PairedResult | None]) -> float:
    """The smallest p value that so many seeds and comparisons allow, after Holm's correction."""
    return min(1.0, result.smallest_p * sum(each is not None for each in tested))


def common(first: Group, other: Group, metric: str) -> list[tuple[float, float]]:
    """The metric of both groups under every seed that both have."""
    values = [{run.record["seed"]: run.record["metrics"].get(metric) for run in group.runs} for group in (first, other)]
    shared = [(values[0][seed], values[1].get(seed)) for seed in sorted(values[0])]
    return [(a, b) for a, b in shared if a is not None and b is not None]


def over_clips(first: Group, other: Group, metric: str) -> tuple[float | None, float | None]:
    """The 95 % bootstrap interval of a difference over the test clips, under the first common seed."""
    seeds = [{run.record["seed"]: run for run in group.runs} for group in (first, other)]
    shared = sorted(set(seeds[0]) & set(seeds[1]))
    if not shared or metric not in DECISIONS:
        return None, None
    try:
        one, two = (decisions(runs[shared[0]], metric) for runs in seeds)
    except UserError:  # a damaged file, which the group's section names
        return None, None
    if one is None or two is None or not np.array_equal(one[0], two[0]):
        return None, None
    true, a, b = *one, two[1]

    def difference(rows: np.ndarray, _: np.ndarray) -> float:
        return measured(metric, true[rows], a[rows]) - measured(metric, true[rows], b[rows])

    rows = np.arange(len(true))
    found = bootstrap_interval(difference, rows, rows)
    return displayed(metric, found.low), displayed(metric, found.high)


def decisions(run: SavedRun, metric: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The true labels of the clips that a metric counts, and what was decided on them."""
    true, decided = run.array("y_true"), run.array(DECISIONS[metric])
    if true is None or decided is None:
        return None
    counted = true < len(run.labels) if metric == "acc" else np.ones(len(true), bool)
    return (true[counted], decided[counted]) if counted.any() else None


def measured(metric: str, true: np.ndarray, decided: np.ndarray) -> float:
    """A metric of :data:`DECISIONS` on some clips, as a fraction or a number."""
    if metric == "MAE":
        return float(np.abs(decided - true).mean())
    if metric == "macro_f1":
        hits = ((true > 0) & (decided > 0)).sum(axis=0)
        return float(f1_of(hits, (true > 0).sum(axis=0), (decided > 0).sum(axis=0)).mean())
    return float((true == decided).mean())


def table(found: Sequence[Difference], metric: str = "acc") -> tuple[list[str], list[list[str]]]:
    """Header and cells, a row for each comparison."""
    digits, points = (2, " (points)") if is_percent(metric) else (3, "")

    def shown(value: float) -> str:
        return signed(value, digits)

    header = ["compared with", f"difference{points}", "95 % interval", "p", "common seeds", "verdict"]
    rows = []
    for each in found:
        interval = "–" if each.low is None or each.high is None else f"{shown(each.low)} to {shown(each.high)}"
        if each.low is not None and each.over == "clips":
            interval += " (over clips)"
        mean = "–" if each.mean is None else shown(each.mean)
        p_value = "–" if each.p_value is None else f"{each.p_value:.3g}"
        rows.append([each.other.label, mean, interval, p_value, str(len(each.values)), each.verdict])
    return header, rows


def explained(first: Group, metric: str, found: Sequence[Difference]) -> str:
    """How the table is to be read, for the comparisons that are in it."""
    points = " in points" if is_percent(metric) else ""
    parts = [
        f"Differences are {first.label} minus the other, {heading(metric)}{points}, over the seeds that both have."
    ]
    if not higher_is_better(metric):
        parts.append("A lower value is better.")
    if any(each.over == "seeds" and each.low is not None for each in found):
        parts.append("Intervals are Student's t for the mean of the paired differences.")
    if any(each.low is not None and each.over == "clips" for each in found):
        parts.append(
            "With one common seed the interval is a paired bootstrap over the test clips (1,000 resamples); it says "
            "nothing about other seeds."
        )
    tested = sum(each.p_value is not None for each in found)
    if tested:
        smallest_p = min(each.smallest_p for each in found if each.p_value is not None)
        holms = f", corrected by Holm's method for {tested} comparisons" if tested > 1 else ""
        few = f"; so few seeds allow no p below {smallest_p:.3g}" if smallest_p >= LEVEL else ""
        parts.append(f"p is that of a two-sided paired permutation test over the seeds{holms}{few}.")
    return " ".join(parts)


def finding(groups: Sequence[Group], found: Sequence[Difference], metric: str, name: str) -> str:
    """Who is best, and whether that is more than chance, in a sentence.

    Args:
        groups: the best first.
        found: of :func:`differences`.
        metric, name: the metric, and what it is called.
    """
    first = groups[0]
    most = "highest" if higher_is_better(metric) else "lowest"
    head = f"{first.label} has the {most} mean {name}, {first.text(metric)}{' %' if is_percent(metric) else ''}"
    sure = sum(each.verdict.startswith("beyond chance") for each in found)
    if found and all(each.verdict.startswith("too few") for each in found):
        few = f"{plural(max(len(each.values) for each in found), 'seed')} are too few"
        outside = sum(each.excludes_zero for each in found)
        if outside:
            which = f" of {outside} of {len(found)} differences" if len(found) > 1 else " of the difference"
            return f"{head}; the 95 % interval{which} excludes 0, but {few} for a p below {LEVEL}"
        return f"{head}, but {few} to tell whether that is chance"
    if not sure:
        return f"{head}; no difference from another is beyond chance"
    one_seed = " (over the test clips, for one seed)" if any(each.over == "clips" for each in found) else ""
    if sure == len(found):
        return f"{head}; the difference is beyond chance{one_seed}" if sure == 1 else f"{head}, beyond chance{one_seed}"
    return f"{head}; {sure} of {len(found)} differences are beyond chance{one_seed}"
