"""Confusion matrix and class table against loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_plugins.errors import UserError
from mia_plugins.evaluation.classes import class_table, confusion_counts

NAMES = ["Thank", "Joke", "Praise", "OOS"]
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(PAIRS, st.permutations(range(4)))
def test_counts_equal_a_loop(pairs, labels):
    true, pred = zip(*pairs)
    expected = np.zeros((4, 4), dtype=int)
    for t, p in pairs:
        expected[labels.index(t), labels.index(p)] += 1
    assert confusion_counts(true, pred, labels).tolist() == expected.tolist()


@given(PAIRS)
def test_table_equals_a_loop(pairs):
    table = class_table(*zip(*pairs), NAMES)
    assert [row["label"] for row in table] == NAMES
    for label, row in enumerate(table):
        hits = sum(t == p == label for t, p in pairs)
        predicted, support = sum(p == label for _, p in pairs), sum(t == label for t, _ in pairs)
        assert row["support"] == support
        expected = hits / max(1, predicted), hits / max(1, support), 2 * hits / max(1, predicted + support)
        assert (row["precision"], row["recall"], row["f1"]) == pytest.approx(expected, abs=1e-12)


def test_an_absent_class_scores_zero_without_warnings(recwarn):
    assert class_table([0], [0], NAMES)[2] == {"label": "Praise", "precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert not recwarn.list


@pytest.mark.parametrize(
    ("true", "pred", "labels", "message"),
    [
        ([0, 4], [0, 0], [0, 1], "y_true: row 1 has label id 4"),
        ([0, 0], [-1, 0], [0, 1], "y_pred: row 0 has label id -1"),
        ([0, 1], [0], [0, 1], "y_true 2, y_pred 1"),
        ([0], [0], [0, 0], "twice"),
        ([], [], [0], "y_true"),
    ],
)
def test_rows_are_never_dropped_silently(true, pred, labels, message):
    with pytest.raises(UserError, match=message):
        confusion_counts(true, pred, labels)
