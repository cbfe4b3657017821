"""Metrics of several labels a clip against scikit-learn's own."""

import math

import numpy as np
import pytest
from sklearn import metrics

from mia_plugins.errors import UserError
from mia_plugins.evaluation.multi_label import label_table, multi_label_metrics


def cases():
    draws = np.random.default_rng(0)
    for _ in range(60):
        rows, labels = (int(draws.integers(2, 20)) for _ in range(2))
        true = draws.random((rows, labels)) < draws.random()
        true[0] = True  # every label occurs
        yield true.astype(np.float32), (draws.normal(size=(rows, labels)) + 2 * true).astype(np.float32)


@pytest.mark.parametrize(("true", "logits"), cases())
def test_metrics_are_scikit_learns(true, logits):
    got, pred = multi_label_metrics(true, logits), (1 / (1 + np.exp(-logits)) > 0.5).astype(int)
    for average in ("micro", "macro", "samples"):
        want = metrics.f1_score(true, pred, average=average, zero_division=0)
        assert got[f"{average}_f1"] == pytest.approx(want), average
    assert got["exact_match"] == pytest.approx(metrics.accuracy_score(true, pred))
    assert got["hamming_loss"] == pytest.approx(metrics.hamming_loss(true, pred))
    assert got["mAP"] == pytest.approx(metrics.average_precision_score(true, logits, average="macro"))


@pytest.mark.parametrize("true", [[[1], [0]], [[0, 1], [0, 1]], [[0, 0], [0, 0]]])
def test_one_label_and_labels_that_never_occur_have_finite_decisions(true):
    got = multi_label_metrics(true, np.zeros(np.shape(true)) - 1.0)
    assert all(math.isfinite(value) for name, value in got.items() if name != "mAP")
    assert got["macro_f1"] == 0
    assert math.isnan(got["mAP"]) == (not np.any(true))


def test_the_table_has_a_row_a_label():
    rows = label_table([[1, 0], [1, 1], [0, 1]], [[1, 1], [0, 1], [1, 0]], ["a", "b"])
    assert [row["label"] for row in rows] == ["a", "b"]
    assert rows[1] == {"label": "b", "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert rows[0]["f1"] == pytest.approx(0.5)


def test_wrong_input_is_refused():
    with pytest.raises(UserError, match="0 or 1"):
        multi_label_metrics([[2, 0]], [[0.0, 1.0]])
    with pytest.raises(UserError, match="differ in shape"):
        multi_label_metrics([[1, 0]], [[0.0, 1.0, 2.0]])
