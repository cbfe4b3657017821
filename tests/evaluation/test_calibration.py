"""Calibration against loops and scikit-learn's calibration curve."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from mia_plugins.errors import UserError
from mia_plugins.evaluation.calibration import expected_calibration_error, fit_temperature, reliability_bins

# Sixteenths lie exactly on the edges of 2, 4 or 8 bins.
ROWS = st.lists(st.tuples(st.integers(0, 16).map(lambda i: i / 16) | st.floats(0, 1), st.booleans()), min_size=1)


@given(ROWS, st.sampled_from([1, 2, 4, 8]))
def test_bins_and_error_equal_a_loop(rows, num_bins):
    confidence, correct = zip(*rows)
    bars, error = reliability_bins(confidence, correct, num_bins), 0.0
    assert len(bars) == num_bins
    for index, bar in enumerate(bars):
        low, high = index / num_bins, (index + 1) / num_bins
        inside = [(c, right) for c, right in rows if low < c <= high or (index == 0 and c == 0)]
        assert bar[:3] == (low, high, len(inside))
        if inside:
            sure, right = sum(c for c, _ in inside) / len(inside), sum(r for _, r in inside) / len(inside)
            assert bar[3:] == pytest.approx((sure, right), abs=1e-12)
            error += len(inside) / len(rows) * abs(right - sure)
        else:
            assert all(math.isnan(value) for value in bar[3:])
    assert expected_calibration_error(confidence, correct, num_bins) == pytest.approx(error, abs=1e-12)


@given(ROWS, st.sampled_from([2, 10, 15]))
def test_full_bins_equal_scikit_learn(rows, num_bins):
    confidence, correct = zip(*rows)
    if len(set(correct)) < 2:
        correct = (*correct[1:], not correct[0])
    if len(set(correct)) < 2:
        return
    accuracy, mean = calibration_curve(correct, confidence, n_bins=num_bins, strategy="uniform")
    full = [bar for bar in reliability_bins(confidence, correct, num_bins) if bar.rows]
    assert [bar.accuracy for bar in full] == pytest.approx(accuracy.tolist(), abs=1e-12)
    assert [bar.confidence for bar in full] == pytest.approx(mean.tolist(), abs=1e-12)


def test_extremes(recwarn):
    assert expected_calibration_error([1.0, 1.0], [1, 1]) == 0
    assert expected_calibration_error([1.0, 1.0], [0, 0]) == 1
    assert expected_calibration_error([0.0], [1]) == 1
    assert not recwarn.list


@pytest.mark.parametrize(
    ("confidence", "correct", "num_bins", "message"),
    [
        ([1.5], [1], 15, "0 .. 1"),
        ([-0.1], [1], 15, "0 .. 1"),
        ([math.nan], [1], 15, "NaN"),
        ([0.5], [2], 15, "0 or 1"),
        ([0.5], [1, 0], 15, "confidence 1, correct 2"),
        ([], [], 15, "confidence"),
        ([0.5], [1], 0, "at least one bin"),
    ],
)
def test_unusable_input_is_a_user_error(confidence, correct, num_bins, message):
    with pytest.raises(UserError, match=message):
        reliability_bins(confidence, correct, num_bins)


@pytest.mark.parametrize("sure", [0.2, 1.0, 5.0])
def test_the_temperature_is_the_best_of_a_fine_grid(sure):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(400, 5)) * 2
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    label_ids = [rng.choice(5, p=row) for row in shares]  # as often as the model says
    found = fit_temperature(logits * sure, label_ids)

    def loss(temperature):
        total = 0.0
        for row, label in zip(logits * sure / temperature, label_ids):
            total -= row[label] - math.log(sum(math.exp(value) for value in row))
        return total

    grid = np.geomspace(0.05, 20, 241)
    best = min(grid, key=loss)
    assert found == pytest.approx(best, rel=0.03)
    assert loss(found) <= loss(best) + 1e-6
    assert found == pytest.approx(sure, rel=0.2)


@pytest.mark.parametrize(
    ("logits", "label_ids", "message"),
    [([[0.0, math.inf]], [0], "NaN or infinite"), ([[0.0, 1.0]], [2], "for 2 classes"), ([[0.0, 1.0]], [0, 1], "rows")],
)
def test_no_temperature_of_unusable_input(logits, label_ids, message):
    with pytest.raises(UserError, match=message):
        fit_temperature(logits, label_ids)
