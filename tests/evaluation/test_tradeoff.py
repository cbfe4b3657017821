"""The trade-off curve against a loop over thresholds, and its area against trapezoids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mia_plugins.errors import UserError
from mia_plugins.evaluation.ood_metrics import ood_metrics
from mia_plugins.evaluation.tradeoff import tradeoff_area, tradeoff_curve

ROWS = st.lists(st.tuples(st.integers(-3, 3), st.booleans(), st.booleans()), min_size=2, max_size=40)


def unpack(rows):
    scores, inside, correct = (np.array(column) for column in zip(*rows))
    assume(inside.any() and not inside.all())
    return scores.astype(float), inside, correct


@given(ROWS)
def test_curve_equals_a_loop(rows):
    scores, inside, correct = unpack(rows)
    curve = tradeoff_curve(scores, inside, correct)
    assert curve.thresholds.tolist() == [np.inf, *sorted(set(scores.tolist()), reverse=True)]
    for threshold, accuracy, recall in zip(*curve):
        kept = sum(s >= threshold and i and c for s, i, c in rows) / sum(i for _, i, _ in rows)
        caught = sum(s < threshold and not i for s, i, _ in rows) / sum(not i for _, i, _ in rows)
        assert (accuracy, recall) == pytest.approx((kept, caught), abs=1e-12)


@given(ROWS)
def test_area_equals_trapezoids_and_stays_below_the_accuracy_without_rejection(rows):
    scores, inside, correct = unpack(rows)
    curve = tradeoff_curve(scores, inside, correct)
    points = list(zip(curve.oos_recall, curve.in_scope_accuracy))
    trapezoids = sum((x0 - x1) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in zip(points, points[1:]))
    assert tradeoff_area(curve) == pytest.approx(trapezoids, abs=1e-12)
    assert tradeoff_area(curve) <= correct[inside].mean() + 1e-12
    all_right = tradeoff_curve(scores, inside, np.ones(len(rows)))
    assert tradeoff_area(all_right) == pytest.approx(ood_metrics(scores, inside)["auroc"], abs=1e-12)


def test_extremes():
    perfect = tradeoff_curve([3.0, 2.0, 0.0], [1, 1, 0], [1, 0, 0])
    assert tradeoff_area(perfect) == 0.5
    assert tradeoff_area(tradeoff_curve([0.0, 0.0], [1, 0], [1, 1])) == 0.5
    assert tradeoff_area(tradeoff_curve([0.0, 1.0], [1, 0], [0, 1])) == 0


@pytest.mark.parametrize(
    ("scores", "inside", "correct"),
    [
        ([0.1, 0.2], [1, 1], [1, 1]),
        ([0.1, np.nan], [1, 0], [1, 1]),
        ([0.1, 0.2], [1, 0], [1]),
        ([0.1, 0.2], [1, 0], [3, 1]),
    ],
)
def test_unusable_input_is_a_user_error(scores, inside, correct):
    with pytest.raises(UserError):
        tradeoff_curve(scores, inside, correct)
