"""Open intent detection against loops: the host's reading of the classes, and the textbook's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_plugins.errors import UserError
from mia_plugins.evaluation.open_set import oid_metrics, oid_metrics_fixed

K = 4
PAIRS = st.lists(st.tuples(st.integers(0, K), st.integers(0, K)), min_size=1, max_size=30)


def f1_of(label, true, pred):
    hits = sum(t == p == label for t, p in zip(true, pred))
    total = sum(t == label for t in true) + sum(p == label for p in pred)
    return 2 * hits / total if total else 0.0


def mean(values):
    return sum(values) / len(values) if values else math.nan


@given(PAIRS)
def test_host_version_equals_a_loop_over_present_classes(pairs):
    true, pred = zip(*pairs)
    f1 = [f1_of(label, true, pred) for label in sorted(set(true) | set(pred))]
    expected = {
        "oid_acc": sum(t == p for t, p in pairs) / len(pairs),
        "f1-known": mean(f1[:-1]),
        "f1-open": f1[-1],
        "oid_f1": mean(f1),
    }
    result = oid_metrics(true, pred)
    assert result == pytest.approx(expected, abs=5.1e-5, nan_ok=True)
    assert result["oid_acc"] == expected["oid_acc"]
    for name in ("f1-known", "f1-open", "oid_f1"):
        assert math.isnan(result[name]) or result[name] == round(result[name], 4)


@given(PAIRS)
def test_fixed_version_equals_a_loop_over_all_classes(pairs):
    true, pred = zip(*pairs)
    f1 = [f1_of(label, true, pred) for label in range(K + 1)]
    expected = {"f1-known_fixed": mean(f1[:-1]), "f1-open_fixed": f1[-1], "oid_f1_fixed": mean(f1)}
    result = oid_metrics_fixed(true, pred, K)
    assert result == pytest.approx(expected, abs=1e-12)


def test_rounding_is_numpys_as_in_the_host():
    # The mean F1 is 0.43125: numpy rounds it to 0.4312, Python to 0.4313.
    true, pred = [0] * 17 + [1] * 9, [0] * 3 + [1] * 23
    assert oid_metrics_fixed(true, pred, num_labels=1)["oid_f1_fixed"] == 0.43125
    assert oid_metrics(true, pred)["oid_f1"] == 0.4312


def test_without_oos_the_host_calls_the_last_intent_open_and_the_fixed_version_does_not():
    true, pred = [0, 1, 2, 2], [0, 1, 2, 2]
    assert oid_metrics(true, pred)["f1-open"] == 1
    assert oid_metrics_fixed(true, pred, num_labels=3)["f1-open_fixed"] == 0


def test_an_absent_intent_leaves_the_hosts_mean_only():
    true, pred = [0, 2, 3], [0, 2, 3]
    assert oid_metrics(true, pred)["f1-known"] == 1
    assert oid_metrics_fixed(true, pred, num_labels=3)["f1-known_fixed"] == pytest.approx(2 / 3)


def test_a_single_class_has_no_known_f1_and_no_warning(recwarn):
    result = oid_metrics([4, 4], [4, 4])
    assert math.isnan(result["f1-known"])
    assert (result["f1-open"], result["oid_f1"], result["oid_acc"]) == (1, 1, 1)
    assert not recwarn.list


def test_unusable_input_is_a_user_error():
    with pytest.raises(UserError, match="label id 5"):
        oid_metrics_fixed([5], [0], num_labels=4)
    with pytest.raises(UserError, match="NaN"):
        oid_metrics([0, math.nan], [0, 0])
    with pytest.raises(UserError):
        oid_metrics([], [])
