"""Scores by name: logit scores against loops and scipy, and which arrays each name needs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import logsumexp, softmax

from mia_plugins.errors import UserError
from mia_plugins.evaluation import feature_scores
from mia_plugins.evaluation.ood_scores import SCORE_NAMES, energy, maxlogit, msp, ood_scores

K = 3
LOGITS = arrays(np.float64, st.tuples(st.integers(1, 8), st.just(K)), elements=st.floats(-700, 700))


@given(LOGITS)
def test_logit_scores_equal_loops_and_scipy(logits):
    shifted = [[math.exp(value - max(row)) for value in row] for row in logits]
    assert msp(logits).tolist() == pytest.approx([1 / sum(row) for row in shifted], rel=1e-12)
    assert msp(logits).tolist() == pytest.approx(softmax(logits, axis=1).max(axis=1).tolist(), rel=1e-12)
    assert maxlogit(logits).tolist() == [max(row) for row in logits]
    expected = [max(row) + math.log(sum(rest)) for row, rest in zip(logits, shifted)]
    assert energy(logits).tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(LOGITS)
def test_maxlogit_and_energy_see_the_sigmoid_as_in_the_host(logits):
    sigmoid = np.array([[1 / (1 + math.exp(-value)) for value in row] for row in logits])
    for name, expected in (("maxlogit", sigmoid.max(axis=1)), ("energy", logsumexp(sigmoid, axis=1))):
        assert ood_scores(name, logits=logits, num_labels=K).tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    assert ood_scores("msp", logits=logits, num_labels=K).tolist() == msp(logits).tolist()


@pytest.mark.parametrize("name", SCORE_NAMES[:3])
def test_float32_logits_give_what_torch_gives(name):
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(0).normal(0, 8, (200, K)).astype(np.float32)
    tensor = torch.from_numpy(logits)
    expected = {
        "msp": torch.softmax(tensor, 1).amax(1),
        "maxlogit": torch.sigmoid(tensor).amax(1),
        "energy": torch.sigmoid(tensor).logsumexp(1),
    }[name]
    scores = ood_scores(name, logits=logits, num_labels=K)
    assert scores.dtype == np.float32
    assert scores == pytest.approx(expected.numpy(), rel=1e-6)


@pytest.fixture
def inputs():
    draws = np.random.default_rng(1)
    weight, bias = draws.normal(size=(K, 5)), draws.normal(size=K)
    features, train = draws.normal(size=(7, 5)), draws.normal(size=(30, 5))
    labels = np.arange(30) % K
    return {
        "logits": features @ weight.T + bias,
        "features": features,
        "train_features": train,
        "train_labels": labels,
        "weight": weight,
        "bias": bias,
        "num_labels": K,
    }


def test_every_name_gives_one_score_per_row(inputs):
    for name in SCORE_NAMES:
        assert ood_scores(name, **inputs).shape == (7,)


def test_feature_scores_are_called_with_their_arrays(inputs):
    features, train, head = inputs["features"], inputs["train_features"], (inputs["weight"], inputs["bias"])
    expected = {
        "ma": feature_scores.ma(features, train, inputs["train_labels"], K),
        "residual": feature_scores.residual(features, train, *head),
        "vim": feature_scores.vim(features, train, *head),
    }
    for name, scores in expected.items():
        assert ood_scores(name, **inputs).tolist() == scores.tolist()


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("ma", ("features", "train_features", "train_labels")),
        ("residual", ("features", "train_features", "weight", "bias")),
        ("vim", ("features", "train_features", "weight", "bias")),
    ],
)
def test_a_missing_array_is_named(inputs, name, needed):
    for missing in needed:
        with pytest.raises(UserError, match=f"'{name}' needs {missing};"):
            ood_scores(name, **{**inputs, missing: None})


def test_unusable_input_is_a_user_error(inputs):
    with pytest.raises(UserError, match="msp, maxlogit, energy, ma, residual or vim"):
        ood_scores("odin", **inputs)
    with pytest.raises(UserError, match="3 columns for 4 intents"):
        ood_scores("msp", logits=inputs["logits"], num_labels=4)
    with pytest.raises(UserError, match="logits: 1 of 3 values NaN"):
        ood_scores("msp", logits=[[0.0, 1.0, math.nan]], num_labels=K)
