"""Feature scores against loops written from the papers' equations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import EmpiricalCovariance
from sklearn.decomposition import TruncatedSVD

from mia_plugins.errors import UserError
from mia_plugins.evaluation.feature_scores import ma, residual, vim

K, WIDTH = 3, 6
SEEDS = st.integers(0, 2**32 - 1)


def draw(seed, rows=40, width=WIDTH):
    """Features that vary by different amounts along skewed axes, with every class among the training rows."""
    draws = np.random.default_rng(seed)
    mixing = draws.normal(size=(width, width)) * np.arange(1, width + 1)
    train, features = draws.normal(size=(rows, width)) @ mixing, draws.normal(size=(9, width)) @ mixing * 2
    labels = np.concatenate((np.arange(K), draws.integers(0, K, rows - K)))
    return features, train, labels, draws.normal(size=(K, width)), draws.normal(size=K)


@settings(max_examples=30)
@given(SEEDS)
def test_ma_equals_a_loop(seed):
    features, train, labels, _, _ = draw(seed)
    means = [np.mean([f for f, label in zip(train, labels) if label == c], axis=0) for c in range(K)]
    covariance = sum(np.outer(f - means[c], f - means[c]) for f, c in zip(train, labels)) / len(train)
    inverse = np.linalg.inv(covariance)
    expected = [-min((f - mean) @ inverse @ (f - mean) for mean in means) for f in features]
    assert ma(features, train, labels, K).tolist() == pytest.approx(expected, rel=1e-6)


@settings(max_examples=20)
@given(SEEDS, st.sampled_from([4, 40]))
def test_ma_equals_scikit_learn_also_with_fewer_rows_than_columns(seed, rows):
    features, train, labels, _, _ = draw(seed, rows)
    means = np.array([train[labels == c].mean(axis=0) for c in range(K)])
    covariance = EmpiricalCovariance(assume_centered=True).fit(train - means[labels])
    expected = np.min([covariance.mahalanobis(features - mean) for mean in means], axis=0)
    assert ma(features, train, labels, K).tolist() == pytest.approx((-expected).tolist(), rel=1e-6)


def test_ma_ignores_rows_of_other_labels():
    features, train, labels, _, _ = draw(0)
    more = np.concatenate((train, train[:2] * 50)), np.concatenate((labels, [K, -1]))
    assert ma(features, *more, K).tolist() == ma(features, train, labels, K).tolist()


@settings(max_examples=30)
@given(SEEDS)
def test_residual_and_vim_equal_loops(seed):
    features, train, _, weight, bias = draw(seed)
    # The origin is the shortest point where all logits are 0; the subspace comes from a singular value decomposition.
    origin = -np.linalg.lstsq(weight, bias, rcond=None)[0]
    _, _, axes = np.linalg.svd(train - origin)

    def outside(feature):
        rest = feature - origin
        for axis in axes[:K]:
            rest = rest - (rest @ axis) * axis
        return math.sqrt(sum(value**2 for value in rest))

    expected = [-outside(f) for f in features]
    assert residual(features, train, weight, bias).tolist() == pytest.approx(expected, rel=1e-6)

    alpha = sum(max(weight @ f + bias) for f in train) / sum(outside(f) for f in train)
    tops = [max(weight @ f + bias) for f in features]
    energies = [m + math.log(sum(math.exp(v - m) for v in weight @ f + bias)) for f, m in zip(features, tops)]
    virtual = [e - alpha * outside(f) for f, e in zip(features, energies)]
    assert vim(features, train, weight, bias).tolist() == pytest.approx(virtual, rel=1e-6, abs=1e-6)


def test_residual_equals_scikit_learns_reconstruction_error():
    features, train, _, weight, bias = draw(3)
    origin = -np.linalg.pinv(weight) @ bias
    svd = TruncatedSVD(n_components=K, algorithm="arpack").fit(train - origin)
    error = features - origin - svd.inverse_transform(svd.transform(features - origin))
    assert -residual(features, train, weight, bias) == pytest.approx(np.linalg.norm(error, axis=1), rel=1e-6)


@pytest.mark.parametrize("rows", [5, 40])
def test_float32_features_give_nearly_the_same(rows):
    features, train, labels, weight, bias = draw(4, rows)
    small = [array.astype(np.float32) for array in (features, train, weight, bias)]
    assert residual(*small) == pytest.approx(residual(features, train, weight, bias), rel=1e-4)
    if rows > WIDTH:
        assert ma(*small[:2], labels, K) == pytest.approx(ma(features, train, labels, K), rel=1e-3)


def test_unusable_input_is_a_user_error():
    features, train, labels, weight, bias = draw(5)
    with pytest.raises(UserError, match="class 1 has no training row"):
        ma(features, train, np.where(labels == 1, 0, labels), K)
    with pytest.raises(UserError, match="class 3 has no training row"):
        ma(features, train, labels, K + 1)
    with pytest.raises(UserError, match="train_features 40, train_labels 39"):
        ma(features, train, labels[1:], K)
    with pytest.raises(UserError, match="train_features: 1 of 240 values NaN"):
        ma(features, np.where(np.arange(240).reshape(40, 6) == 7, np.nan, train), labels, K)
    for score in (residual, vim):
        with pytest.raises(UserError, match="3 wide for 3 intents"):
            score(features[:, :K], train[:, :K], weight[:, :K], bias)
        with pytest.raises(UserError, match="features are 5 wide, train_features 6"):
            score(features[:, :5], train, weight, bias)
        with pytest.raises(UserError, match="linear head"):
            score(features, train, weight.T, bias)
        with pytest.raises(UserError, match="weight"):
            score(features, train, weight * np.nan, bias)
    with pytest.raises(UserError, match="leaves the principal subspace"):
        vim(features, np.tile(train[:2], (20, 1)), weight, bias)
