"""OOS metrics, the hosts' and the textbook's, against loops; `test_against_hosts` holds them against the hosts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mia_plugins.errors import UserError
from mia_plugins.evaluation.ood_metrics import ood_metrics, ood_metrics_standard

# Small integers make ties common; distinct values make none.
TIED = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=60)
DISTINCT = st.lists(st.tuples(st.integers(-999, 999), st.booleans()), min_size=2, max_size=60, unique_by=lambda r: r[0])
CONSTANT = [(0, True)] * 3 + [(0, False)] * 2


def unpack(rows):
    assume(len({inside for _, inside in rows}) == 2)
    return np.array([score / 8 for score, _ in rows]), np.array([int(inside) for _, inside in rows])


def rates(scores, inside, threshold):
    """TPR and FPR when rows at or above the threshold are accepted."""
    accepted = [flag for score, flag in zip(scores, inside) if score >= threshold]
    return accepted.count(1) / sum(inside), accepted.count(0) / (len(inside) - sum(inside))


def steps(scores, inside):
    """Hits and false alarms at every distinct threshold, from nothing accepted to everything."""
    pairs = list(zip(scores, inside))
    levels = sorted(set(scores), reverse=True)
    return [(0, 0)] + [tuple(sum(s >= t and i == flag for s, i in pairs) for flag in (1, 0)) for t in levels]


def precision_recall_area(scores, positive):
    """Trapezoids from recall 0, where precision is 1 by convention."""
    points = [(0.0, 1.0)] + [
        (hits / sum(positive), hits / (hits + falses)) for hits, falses in steps(scores, positive)[1:]
    ]
    return sum((r1 - r0) * (p0 + p1) / 2 for (r0, p0), (r1, p1) in zip(points, points[1:]))


def average_precision(scores, positive):
    curve = steps(scores, positive)
    gains = [(after[0] - before[0], after[0] / sum(after)) for before, after in zip(curve, curve[1:])]
    return sum(gain * precision for gain, precision in gains) / sum(positive)


def corners(scores, inside):
    """TPR and FPR where the curve turns: a point half-way between its neighbours is not among the host's thresholds."""
    curve = steps(scores, inside)
    kept = [curve[0], curve[1]]
    for before, point, after in zip(curve[1:], curve[2:], curve[3:]):
        if any(2 * point[k] != before[k] + after[k] for k in (0, 1)):
            kept.append(point)
    kept += curve[2:][-1:]
    return [(hits / sum(inside), falses / (len(inside) - sum(inside))) for hits, falses in kept]


@given(TIED | DISTINCT)
@example(CONSTANT)
def test_host_version_equals_loops(rows):
    scores, inside = unpack(rows)
    turns, part = corners(scores, inside), inside.mean()
    nearest = min(turns, key=lambda turn: abs(turn[1] - (1 - turn[0])))
    expected = {
        "aupr_in": precision_recall_area(scores, inside),
        "aupr_out": precision_recall_area(1 - scores, 1 - inside),
        "eer": nearest[1],
        "der": min((1 - part) * (1 - t) + part * f for t, f in turns if t >= 0.95),
    }
    result = ood_metrics(scores, inside)
    assert {name: result[name] for name in expected} == pytest.approx(expected, abs=1e-12)


@given(TIED | DISTINCT)
@example(CONSTANT)
def test_auroc_is_the_fraction_of_pairs_in_the_right_order(rows):
    scores, inside = unpack(rows)
    wins = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high, flag in zip(scores, inside)
        if flag
        for low, other in zip(scores, inside)
        if not other
    ]
    assert ood_metrics(scores, inside)["auroc"] == pytest.approx(sum(wins) / len(wins), abs=1e-12)


@given(TIED | DISTINCT)
@example(CONSTANT)
def test_fpr95_equals_a_walk_down_the_ranking(rows):
    scores, inside = unpack(rows)
    hits = falses = 0
    for _, _, flag in sorted(zip(scores, range(len(scores)), inside), reverse=True):
        hits, falses = hits + flag, falses + 1 - flag
        if hits / sum(inside) >= 0.95:
            break
    assert ood_metrics(scores, inside)["fpr95"] == falses / (len(inside) - sum(inside))


@given(TIED | DISTINCT)
@example(CONSTANT)
def test_standard_version_equals_a_loop_over_thresholds(rows):
    scores, inside = unpack(rows)
    result = ood_metrics_standard(scores, inside)
    curve = [(0.0, 0.0)] + [rates(scores, inside, t) for t in sorted(set(scores), reverse=True)]
    part = inside.mean()
    assert result["fpr95_standard"] == next(f for t, f in curve if t >= 0.95)
    errors = [part * (1 - t) + (1 - part) * f for t, f in curve if t >= 0.95]
    assert result["der_standard"] == pytest.approx(min(errors), abs=1e-12)
    for (t0, f0), (t1, f1) in zip(curve, curve[1:]):
        if f1 >= 1 - t1:
            step = (1 - t0 - f0) / ((1 - t0 - f0) - (1 - t1 - f1))
            assert result["eer_standard"] == pytest.approx(f0 + step * (f1 - f0), abs=1e-12)
            break


@given(TIED | DISTINCT)
@example(CONSTANT)
def test_average_precision_equals_a_loop(rows):
    scores, inside = unpack(rows)
    result = ood_metrics_standard(scores, inside)
    assert result["aupr_in_ap"] == pytest.approx(average_precision(scores, inside), abs=1e-12)
    assert result["aupr_out_ap"] == pytest.approx(average_precision(-scores, 1 - inside), abs=1e-12)


@settings(max_examples=40)
@given(TIED, st.randoms(use_true_random=False))
def test_ties_only_move_fpr95_and_never_above_the_standard(rows, random):
    scores, inside = unpack(rows)
    order = list(range(len(scores)))
    random.shuffle(order)
    shuffled = scores[order], inside[order]
    assert ood_metrics_standard(*shuffled) == ood_metrics_standard(scores, inside)
    before, after = ood_metrics(scores, inside), ood_metrics(*shuffled)
    assert after.pop("fpr95") <= ood_metrics_standard(scores, inside)["fpr95_standard"]
    before.pop("fpr95")
    assert after == before


@given(TIED | DISTINCT)
def test_with_oos_rows_last_both_fpr95_agree(rows):
    scores, inside = unpack(rows)
    order = np.argsort(1 - inside, kind="stable")
    ours = ood_metrics(scores[order], inside[order])["fpr95"]
    assert ours == ood_metrics_standard(scores, inside)["fpr95_standard"]


def test_a_tpr_of_exactly_95_percent_is_enough():
    scores, inside = np.arange(25.0, 0, -1), np.array([1] * 19 + [0] * 5 + [1])
    assert ood_metrics(scores, inside)["fpr95"] == ood_metrics_standard(scores, inside)["fpr95_standard"] == 0
    assert ood_metrics(scores, inside)["der"] == pytest.approx(0.2 * 0.05)
    assert ood_metrics_standard(scores, inside)["der_standard"] == pytest.approx(0.8 * 0.05)


def test_constant_scores():
    scores, inside = np.zeros(5), np.array([1, 1, 1, 0, 0])
    host, standard = ood_metrics(scores, inside), ood_metrics_standard(scores, inside)
    assert (host["auroc"], host["eer"], host["fpr95"]) == (0.5, 0.0, 1.0)
    assert (standard["eer_standard"], standard["fpr95_standard"]) == (0.5, 1.0)
    assert (host["der"], standard["der_standard"]) == (pytest.approx(0.6), pytest.approx(0.4))


def test_perfect_scores():
    scores, inside = [3.0, 2.0, 1.0, 0.0], [1, 1, 0, 0]
    host, standard = ood_metrics(scores, inside), ood_metrics_standard(scores, inside)
    assert host == {"auroc": 1, "aupr_in": 1, "aupr_out": 1, "fpr95": 0, "eer": 0, "der": 0}
    assert list(standard.values()) == [1, 1, 0, 0, 0]


def test_the_hosts_1_minus_score_ties_tiny_float32_scores_and_the_standard_does_not():
    scores, inside = np.array([1.0, 2e-9, 1e-9, 3e-9], dtype=np.float32), np.array([1, 1, 0, 0])
    tied = precision_recall_area(1 - scores, 1 - inside)
    assert ood_metrics(scores, inside)["aupr_out"] == pytest.approx(tied)
    assert ood_metrics(scores.astype(np.float64), inside)["aupr_out"] != pytest.approx(tied)
    assert ood_metrics_standard(scores, inside)["aupr_out_ap"] == pytest.approx(5 / 6)


@pytest.mark.parametrize("measure", [ood_metrics, ood_metrics_standard])
@pytest.mark.parametrize(
    ("scores", "inside"), [([0.1, 0.2], [1, 1]), ([0.1, 0.2], [0, 0]), ([0.1, np.nan], [0, 1]), ([0.1], [0, 1])]
)
def test_unusable_input_is_a_user_error(measure, scores, inside):
    with pytest.raises(UserError):
        measure(scores, inside)
