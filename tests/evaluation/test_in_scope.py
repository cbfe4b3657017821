"""In-scope metrics against a loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_plugins.errors import UserError
from mia_plugins.evaluation.in_scope import in_scope_metrics

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


def by_loop(true, pred):
    labels = sorted(set(true) | set(pred))
    sums = dict.fromkeys(("f1", "weighted_f1", "prec", "weighted_prec", "rec", "weighted_rec"), 0.0)
    for label in labels:
        hits = sum(t == p == label for t, p in zip(true, pred))
        predicted, actual = sum(p == label for p in pred), sum(t == label for t in true)
        prec = hits / predicted if predicted else 0.0
        rec = hits / actual if actual else 0.0
        f1 = 2 * hits / (predicted + actual)
        for name, value in (("f1", f1), ("prec", prec), ("rec", rec)):
            sums[name] += value / len(labels)
            sums["weighted_" + name] += value * actual / len(true)
    return {"acc": sum(t == p for t, p in zip(true, pred)) / len(true), **sums}


@given(PAIRS)
def test_equals_a_loop(pairs):
    true, pred = zip(*pairs)
    assert in_scope_metrics(true, pred) == pytest.approx(by_loop(true, pred), abs=1e-12)


def test_an_intent_in_neither_leaves_the_mean_but_one_only_predicted_enters_it():
    assert in_scope_metrics([0, 7], [0, 7])["f1"] == 1
    assert in_scope_metrics([0, 0], [0, 7])["f1"] == pytest.approx((2 / 3 + 0) / 2)


@pytest.mark.parametrize(("true", "pred"), [([3], [3]), ([3, 3], [1, 1]), ([0, 1], [0, 0])])
def test_degenerate_predictions_warn_nothing_and_stay_finite(true, pred, recwarn):
    result = in_scope_metrics(true, pred)
    assert not recwarn.list
    assert all(type(value) is float and 0 <= value <= 1 for value in result.values())


@pytest.mark.parametrize(("true", "pred"), [([], []), ([0, 1], [0]), ([0, np.nan], [0, 1]), ([0.5], [0])])
def test_unusable_input_is_a_user_error(true, pred):
    with pytest.raises(UserError):
        in_scope_metrics(true, pred)
