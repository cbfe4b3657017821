"""Metrics of numbers against loops in plain Python, and against thuiar/MMSA's own where MIA_MMSA names a checkout."""

import importlib.util
import math
import os
from pathlib import Path

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.evaluation.regression import regression_metrics, sentiment_metrics

SHARED = ("MAE", "Corr", "Mult_acc_7", "Mult_acc_5", "Has0_acc_2", "Has0_F1_score", "Non0_acc_2", "Non0_F1_score")


def cases():
    draws = np.random.default_rng(0)
    for _ in range(150):
        rows = int(draws.integers(2, 40))
        true = (draws.integers(-15, 16, rows) / 5).astype(np.float32)  # grades in steps of 0.2, halves among their sums
        true[0] = -1.0  # the scale reaches below 0
        yield true, (true + draws.normal(size=rows) * draws.choice([0.1, 1, 5])).astype(np.float32)
    grades = np.linspace(-3, 3, 25, dtype=np.float32)
    yield grades, np.zeros_like(grades)  # constant: no correlation
    yield grades, np.full_like(grades, 2.5)
    yield grades, -grades  # every sign wrong
    yield grades, grades  # perfect
    yield np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], np.float32), np.array([-2, -2, 0, 0, 2, 2], np.float32)  # halves
    yield np.array([-1, -2], np.float32), np.array([9, -9], np.float32)  # one sign, far beyond the scale
    yield np.array([-1, 0, 0], np.float32), np.array([0, 0, 1], np.float32)


def slow_f1(true, pred):
    """F1 of each class, weighted by the clips that truly have it."""
    total = 0.0
    for kind in (False, True):
        hits = sum(t == kind and p == kind for t, p in zip(true, pred))
        both = sum(t == kind for t in true) + sum(p == kind for p in pred)
        total += sum(t == kind for t in true) * (2 * hits / both if both else 0.0)
    return total / len(true)


@pytest.mark.parametrize(("true", "pred"), cases())
def test_metrics_match_the_loops(true, pred):
    got = regression_metrics(true, pred)
    pairs = list(zip(true.tolist(), pred.tolist()))
    assert got["MAE"] == pytest.approx(sum(abs(t - p) for t, p in pairs) / len(pairs), rel=1e-5)
    for most in (3, 2):
        right = sum(round(max(-most, min(most, t))) == round(max(-most, min(most, p))) for t, p in pairs)
        assert got[f"Mult_acc_{2 * most + 1}"] == pytest.approx(right / len(pairs))
    kinds = {"Has0": [(t >= 0, p >= 0) for t, p in pairs], "Non0": [(t > 0, p > 0) for t, p in pairs if t]}
    for name, signs in kinds.items():
        yes, said = zip(*signs)
        assert got[f"{name}_acc_2"] == pytest.approx(sum(t == p for t, p in signs) / len(signs))
        assert got[f"{name}_F1_score"] == pytest.approx(slow_f1(yes, said))
        assert got[f"{name}_F1_score_swapped"] == pytest.approx(slow_f1(said, yes))


@pytest.mark.skipif(not os.environ.get("MIA_MMSA"), reason="MIA_MMSA names no checkout of thuiar/MMSA")
@pytest.mark.filterwarnings("ignore")
def test_metrics_are_mmsas():
    import torch

    path = Path(os.environ["MIA_MMSA"], "src", "MMSA", "utils", "metricsTop.py")
    spec = importlib.util.spec_from_file_location("mmsa_metrics", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    theirs = module.MetricsTop("regression").getMetics("MOSI")
    for true, pred in cases():
        want, got = theirs(torch.tensor(pred), torch.tensor(true)), regression_metrics(true, pred)
        assert set(want) == set(SHARED)
        for name in SHARED:
            # equal after their rounding; a value whose fifth digit is a five may fall to either side
            assert got[name] == pytest.approx(want[name], abs=5.1e-5, nan_ok=True), name
        assert math.isnan(got["Corr"]) == math.isnan(want["Corr"])


def test_a_constant_prediction_has_no_correlation_and_one_clip_none():
    assert math.isnan(regression_metrics([-1.0, 2.0], [0.5, 0.5])["Corr"])
    assert math.isnan(regression_metrics([-1.0], [0.5])["Corr"])


def test_clips_of_target_zero_alone_have_no_sign():
    got = sentiment_metrics(np.zeros(3), np.array([0.5, -0.5, 0.0]))
    assert math.isnan(got["Non0_acc_2"])
    assert math.isnan(got["Non0_F1_score"])
    assert got["Has0_acc_2"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("true", [[0.0, 1.0, 2.0], [-1.0, 50.0]])
def test_other_scales_have_no_degrees_of_sentiment(true):
    assert set(regression_metrics(true, [0.5] * len(true))) == {"MAE", "Corr"}


def test_what_is_no_number_is_refused():
    with pytest.raises(UserError, match="1 of 2 values NaN"):
        regression_metrics([0.0, 1.0], [0.0, float("nan")])
    with pytest.raises(UserError, match="different numbers of rows"):
        regression_metrics([0.0, 1.0], [0.0])
