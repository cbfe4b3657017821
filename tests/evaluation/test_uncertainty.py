"""Bootstrap and paired test against loops, and against what an interval is for: covering the truth."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from mia_plugins.errors import UserError
from mia_plugins.evaluation.in_scope import in_scope_metrics
from mia_plugins.evaluation.ood_metrics import ood_metrics
from mia_plugins.evaluation.uncertainty import bootstrap_interval, paired_test

# 0.975 quantiles of Student's t by degrees of freedom
STUDENT_T = {1: 12.7062047362, 2: 4.3026527297, 3: 3.1824463053, 4: 2.7764451052, 5: 2.5705818356, 6: 2.4469118511}
PAIRS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=7)


def accuracy(true, pred):
    return float(np.mean(true == pred))


def test_bootstrap_equals_a_loop_with_the_same_draws():
    draws = np.random.default_rng(3)
    true = [0, 1, 2, 0, 1, 2, 0]
    pred = [0, 1, 0, 0, 2, 2, 1]
    values = []
    for _ in range(200):
        rows = draws.integers(0, 7, size=7)
        values.append(in_scope_metrics([true[i] for i in rows], [pred[i] for i in rows])["f1"])
    expected = np.percentile(values, 5), np.percentile(values, 95)
    result = bootstrap_interval(
        lambda t, p: in_scope_metrics(t, p)["f1"], true, pred, level=0.9, num_resamples=200, seed=3
    )
    assert (result.low, result.high) == pytest.approx(expected, abs=1e-12)
    assert result.estimate == in_scope_metrics(true, pred)["f1"]
    assert result.resamples == 200


def test_bootstrap_covers_the_true_accuracy_about_as_often_as_it_says():
    draws = np.random.default_rng(0)
    covered = 0
    for trial in range(100):
        correct = (draws.random(200) < 0.7).astype(int)
        result = bootstrap_interval(accuracy, np.ones(200), correct, num_resamples=200, seed=trial)
        covered += result.low <= 0.7 <= result.high
    assert 88 <= covered <= 100


def test_bootstrap_depends_on_nothing_but_its_seed():
    true, pred = np.arange(30) % 3, np.arange(30) % 4
    np.random.seed(1)
    first = bootstrap_interval(accuracy, true, pred, num_resamples=50, seed=5)
    np.random.seed(2)
    assert bootstrap_interval(accuracy, true, pred, num_resamples=50, seed=5) == first
    assert bootstrap_interval(accuracy, true, pred, num_resamples=50, seed=6) != first


def test_bootstrap_of_a_constant_metric_has_no_width():
    assert bootstrap_interval(accuracy_score, [1, 1], [1, 1], num_resamples=20)[:3] == (1, 1, 1)


def test_resamples_where_the_metric_is_undefined_are_left_out_and_counted(recwarn):
    scores, inside = np.arange(5.0), np.array([0, 0, 1, 1, 1])
    result = bootstrap_interval(lambda t, s: ood_metrics(s, t)["auroc"], inside, scores, num_resamples=300)
    assert 230 < result.resamples < 300
    assert result.low == result.high == 1
    assert not recwarn.list
    with pytest.raises(UserError, match="metric undefined on 300 of 300 resamples"):
        bootstrap_interval(lambda t, s: math.nan, inside, scores, num_resamples=300)


def test_bootstrap_input_is_checked():
    with pytest.raises(UserError, match="y_true 2, y_pred 1"):
        bootstrap_interval(accuracy, [0, 1], [0])
    with pytest.raises(UserError, match="y_pred: 1 of 2 values NaN"):
        bootstrap_interval(accuracy, [0, 1], [0, math.nan])


@given(PAIRS)
def test_exact_p_equals_a_loop_over_all_sign_flips(pairs):
    differences = [a - b for a, b in pairs]
    flips = list(itertools.product((1, -1), repeat=len(pairs)))
    hits = sum(abs(sum(s * d for s, d in zip(signs, differences))) >= abs(sum(differences)) for signs in flips)
    # Tenths are not exact in binary: equal sums must still count as equal.
    result = paired_test([a / 10 for a, _ in pairs], [b / 10 for _, b in pairs])
    assert result.p_value == hits / len(flips)
    assert result.n == len(pairs)


@given(PAIRS)
def test_interval_is_students_t_of_the_mean_difference(pairs):
    differences = [a - b for a, b in pairs]
    n = len(pairs)
    mean = sum(differences) / n
    deviation = math.sqrt(sum((d - mean) ** 2 for d in differences) / (n - 1))
    half = STUDENT_T[n - 1] * deviation / math.sqrt(n)
    result = paired_test(*zip(*pairs))
    assert (result.mean_difference, result.low, result.high) == pytest.approx(
        (mean, mean - half, mean + half), rel=1e-8, abs=1e-7
    )


@pytest.mark.parametrize("n", [2, 5, 14, 15])
def test_the_smallest_p_is_that_of_differences_which_all_have_one_sign(n):
    result = paired_test(np.linspace(0.8, 0.9, n), np.full(n, 0.1))
    assert result.p_value == result.smallest_p == (2 / 2**n if n < 15 else pytest.approx(2 / 20_001))


def exact_p(differences):
    sums = np.abs(np.array(list(itertools.product((1, -1), repeat=len(differences)))) @ differences)
    return np.mean(sums >= abs(differences.sum()) - 1e-12)


def test_fourteen_pairs_are_still_exact():
    a = np.random.default_rng(0).normal(0.3, 1, 14)
    assert paired_test(a, np.zeros(14), seed=1).p_value == paired_test(a, np.zeros(14), seed=2).p_value == exact_p(a)


def test_sampled_p_is_near_the_exact_one_and_seeded():
    a = np.random.default_rng(0).normal(0.3, 1, 15)
    result = paired_test(a, np.zeros(15), seed=1)
    assert result.p_value == pytest.approx(exact_p(a), abs=0.015)
    assert result == paired_test(a, np.zeros(15), seed=1)
    assert result.p_value != paired_test(a, np.zeros(15), seed=2).p_value


def test_differences_that_cancel_count_as_equal_to_zero():
    # In another order they add up to 1e-16 instead of 0: without rounding, SciPy 1.17 says p = 0.75.
    a, b = [0.3, 0.1, 0.3, 0.3, 0.3, 0.8, 0.8, 0.3], [0.3, 0.8, 0.3, 0.3, 0.3, 0.3, 0.8, 0.1]
    assert paired_test(a, b).p_value == 1


@pytest.mark.parametrize("n", [2, 14, 15])
def test_equal_methods_have_p_one_and_swapping_changes_only_the_sign(n, recwarn):
    a = np.linspace(0.5, 0.7, n)
    assert paired_test(a, a)[1:5] == (0, 0, 0, 1)
    assert not recwarn.list
    forward, backward = paired_test(a, a[::-1] ** 2), paired_test(a[::-1] ** 2, a)
    assert forward.p_value == backward.p_value
    assert (forward.low, forward.high) == (-backward.high, -backward.low)


@pytest.mark.parametrize(
    ("a", "b", "message"), [([1], [2], "two pairs"), ([1, 2], [1], "a 2, b 1"), ([1, math.nan], [1, 2], "a: ")]
)
def test_paired_input_is_checked(a, b, message):
    with pytest.raises(UserError, match=message):
        paired_test(a, b)
