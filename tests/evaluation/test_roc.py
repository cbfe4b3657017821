"""The threshold sweep against loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc

from mia_plugins.errors import UserError
from mia_plugins.evaluation.roc import area, scores_and_flags, threshold_sweep

ROWS = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=20)


@given(ROWS)
def test_sweep_counts_rows_at_or_above_every_distinct_threshold(rows):
    scores, group = np.array([score for score, _ in rows], dtype=float), np.array([member for _, member in rows])
    thresholds, (inside, outside) = threshold_sweep(scores, group, ~group)
    assert thresholds.tolist() == sorted(set(scores.tolist()), reverse=True)
    for threshold, hits, falses in zip(thresholds, inside, outside):
        assert hits == sum(score >= threshold and member for score, member in rows)
        assert falses == sum(score >= threshold and not member for score, member in rows)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-5, 5)), min_size=2, max_size=10))
def test_area_equals_scikit_learn(points):
    x, y = np.array(sorted(point[0] for point in points)), np.array([point[1] for point in points])
    assert area(x, y) == pytest.approx(auc(x, y), abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "inside", "told"),
    [
        ([0.1, 0.2], [1, 1], "2 in-scope, 0 OOS"),
        ([0.1, 0.2], [0, 0], "0 in-scope, 2 OOS"),
        ([0.1, np.nan], [0, 1], "scores: 1 of 2 values NaN"),
        ([0.1, -np.inf], [0, 1], "scores: 1 of 2 values NaN or infinite"),
        ([0.1, 0.2], [0, 2], "is_in_scope"),
        ([0.1], [0, 1], "scores 1, is_in_scope 2"),
        ([], [], "scores"),
    ],
)
def test_unusable_input_is_a_user_error(scores, inside, told):
    with pytest.raises(UserError, match=told):
        scores_and_flags(scores, inside)
