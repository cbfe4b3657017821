"""DOC against a loop over classes and rows, and scipy's Gaussian fit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from mia_plugins.errors import UserError
from mia_plugins.evaluation.doc import doc_predict, doc_thresholds

K, OOD = 4, 4
PROBABILITY = st.floats(0, 1) | st.sampled_from([math.nan, math.inf])
ROWS = arrays(np.float64, st.tuples(st.integers(1, 20), st.just(K)), elements=PROBABILITY)


def thresholds_by_loop(probabilities, labels, scale):
    thresholds = []
    for c in range(K):
        of_label = [
            float(p[c]) if math.isfinite(p[c]) else 0.0 for p, label in zip(probabilities, labels) if label == c
        ]
        if not of_label:
            thresholds.append(0.5)
            continue
        mean, std = norm.fit(of_label + [2 - p for p in of_label])
        assert mean == pytest.approx(1)
        thresholds.append(max(0.5, 1 - scale * std))
    return thresholds


def predict_by_loop(probabilities, thresholds):
    predictions = []
    for row in probabilities:
        best = 0
        for c in range(1, K):
            if row[c] > row[best]:
                best = c
        firm = not any(math.isnan(p) for p in row) and row[best] > thresholds[best]
        predictions.append(best if firm else OOD)
    return predictions


@given(ROWS, st.data(), st.sampled_from([0.5, 1.0, 3.0]))
def test_equals_loops(probabilities, data, scale):
    labels = data.draw(arrays(np.int64, len(probabilities), elements=st.integers(0, K)))
    thresholds = doc_thresholds(probabilities, labels, K, scale)
    assert thresholds.tolist() == pytest.approx(thresholds_by_loop(probabilities, labels, scale), abs=1e-12)
    assert doc_predict(probabilities, thresholds, OOD).tolist() == predict_by_loop(probabilities, thresholds)


def test_a_probability_exactly_at_the_threshold_is_rejected():
    assert doc_predict([[0.5, 0.1]], [0.5, 0.5], ood_label=2).tolist() == [2]
    assert doc_predict([[np.nextafter(0.5, 1), 0.1]], [0.5, 0.5], ood_label=2).tolist() == [0]


def test_a_class_without_rows_gets_one_half_without_warnings(recwarn):
    assert doc_thresholds([[1.0, 0.0]], [0], 2).tolist() == [1.0, 0.5]
    assert not recwarn.list


def test_nan_in_training_counts_as_probability_zero():
    with_nan = doc_thresholds([[math.nan], [1.0], [1.0]], [0, 0, 0], 1, scale=0.5)
    assert with_nan.tolist() == doc_thresholds([[0.0], [1.0], [1.0]], [0, 0, 0], 1, scale=0.5).tolist()
    assert with_nan[0] > 0.5


def test_nan_in_a_test_row_makes_it_oos():
    assert doc_predict([[0.9, math.nan], [0.9, 0.0]], [0.5, 0.5], ood_label=2).tolist() == [2, 0]


def test_unfit_shapes_are_user_errors():
    with pytest.raises(UserError, match=r"\(rows, 3\)"):
        doc_thresholds([[0.1, 0.2]], [0], 3)
    with pytest.raises(UserError, match="probabilities 1, labels 2"):
        doc_thresholds([[0.1, 0.2]], [0, 1], 2)
    with pytest.raises(UserError, match=r"\(rows, 2\)"):
        doc_predict([0.1, 0.2], [0.5, 0.5], ood_label=2)
    with pytest.raises(UserError, match="thresholds"):
        doc_predict([[0.1, 0.2]], [0.5, math.nan], ood_label=2)
