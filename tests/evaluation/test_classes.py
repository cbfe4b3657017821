"""Confusion matrix and class table against loops and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from mia_plugins.errors import UserError
from mia_plugins.evaluation.classes import class_table, confusion_counts

NAMES = ["Thank", "Joke", "Praise", "OOS"]
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


@given(PAIRS, st.permutations(range(4)))
def test_counts_equal_a_loop_and_scikit_learn(pairs, labels):
    true, pred = zip(*pairs)
    expected = np.zeros((4, 4), dtype=int)
    for t, p in pairs:
        expected[labels.index(t), labels.index(p)] += 1
    counts = confusion_counts(true, pred, labels)
    assert counts.tolist() == expected.tolist()
    assert counts.tolist() == confusion_matrix(true, pred, labels=labels).tolist()


@settings(deadline=None)
@given(PAIRS)
def test_table_equals_scikit_learn(pairs):
    true, pred = zip(*pairs)
    table = class_table(true, pred, NAMES)
    expected = precision_recall_fscore_support(true, pred, labels=range(4), zero_division=0)
    assert [row["label"] for row in table] == NAMES
    for name, column in zip(("precision", "recall", "f1", "support"), expected):
        assert [row[name] for row in table] == pytest.approx(column.tolist(), abs=1e-12)


def test_an_absent_class_scores_zero_without_warnings(recwarn):
    assert class_table([0], [0], NAMES)[2] == {"label": "Praise", "precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert not recwarn.list


@pytest.mark.parametrize(
    ("true", "pred", "labels", "told"),
    [
        ([0, 4], [0, 0], [0, 1], "y_true: row 1 has label id 4"),
        ([0, 0], [-1, 0], [0, 1], "y_pred: row 0 has label id -1"),
        ([0, 1], [0], [0, 1], "y_true 2, y_pred 1"),
        ([0], [0], [0, 0], "twice"),
        ([], [], [0], "y_true"),
    ],
)
def test_rows_are_never_dropped_silently(true, pred, labels, told):
    with pytest.raises(UserError, match=told):
        confusion_counts(true, pred, labels)
