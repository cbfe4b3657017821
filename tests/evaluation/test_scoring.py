"""From predictions to metrics: every test mode against loops that use nothing of the evaluation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.evaluation.scoring import check_logits, dev_score, open_set_predictions, score_test, sigmoid

K, WIDTH = 3, 6  # label 3 is out of scope
DETECTORS = ("msp", "maxlogit", "energy", "ma", "residual", "vim")


def predictions(predicted, true, classes):
    return Predictions(8.0 * np.eye(classes)[predicted] - 4, np.zeros((len(true), 2)), np.array(true))


def never():
    raise AssertionError("the training clips are not needed")


@pytest.fixture(params=[K, K + 1], ids=["k classes", "k + 1 classes"])
def run(request):
    """Test and training predictions of a linear head on features that scatter around their classes' means."""
    classes, draws = request.param, np.random.default_rng(5)
    means = 2 * draws.normal(size=(K + 1, WIDTH))
    weight = means[:classes] / 8 + draws.normal(size=(classes, WIDTH)) / 8
    bias = draws.normal(size=classes) / 2

    def predict(label_ids):
        features = (means[label_ids] + draws.normal(size=(len(label_ids), WIDTH))).astype(np.float32)
        return Predictions((features @ weight.T + bias).astype(np.float32), features, label_ids)

    test = predict(np.concatenate((np.arange(45) % K, np.full(15, K))))
    train = predict(np.arange(60) % K)
    return test, train, {"num_labels": K, "weight": weight, "bias": bias, "scale": 1.0}


def scored(run, test_mode=None, detector="msp", train=None):
    test, fitted, rest = run
    return score_test(test, train or (lambda: fitted), test_mode=test_mode, ood_detection_method=detector, **rest)


def f1_of(label, pairs):
    hits = sum(t == p == label for t, p in pairs)
    return 2 * hits / max(1, sum(t == label for t, _ in pairs) + sum(p == label for _, p in pairs))


def best(row):
    return max(range(K), key=lambda c: row[c])


def logistic(value):
    return 1 / (1 + math.exp(-float(value)))


def test_in_scope_metrics_leave_out_of_scope_clips_and_their_class_aside(run):
    test, _, _ = run
    results = scored(run, train=never)
    pairs = [(int(t), best(row)) for t, row in zip(test.label_ids, test.logits) if t < K]
    assert results["acc"] == sum(t == p for t, p in pairs) / len(pairs)
    assert results["f1"] == pytest.approx(sum(f1_of(c, pairs) for c in range(K)) / K, abs=1e-12)
    assert results["y_pred"].tolist() == [best(row) for row in test.logits]  # of all clips
    assert results["y_true"] is test.label_ids
    assert results["features"] is test.features
    assert results["logits"] is test.logits
    assert not {"y_open", "scores", "oid_acc", "auroc"} & set(results)


def test_open_set_classes_are_those_of_a_loop(run):
    test, train, _ = run
    classes = test.logits.shape[1]
    results = scored(run, "ood_cls", train=never if classes > K else None)
    expected, thresholds = [], []
    for row in test.logits:
        if classes > K:  # the model decides
            expected.append(max(range(K + 1), key=lambda c: row[c]))
            continue
        c = best(row)
        errors = [(1 - logistic(logits[c])) ** 2 for logits, t in zip(train.logits, train.label_ids) if t == c]
        threshold = max(0.5, 1 - math.sqrt(sum(errors) / len(errors)))
        expected.append(c if logistic(row[c]) > threshold else K)
        thresholds.append(threshold)
    assert results["y_open"].tolist() == expected
    assert len(set(expected)) == K + 1  # a case that can fail: clips of every class, and thresholds that differ
    assert classes > K or 0.5 <= min(thresholds) < 0.7 < max(thresholds)
    pairs = list(zip(test.label_ids.tolist(), expected))
    f1 = [f1_of(c, pairs) for c in range(K + 1)]
    assert results["oid_acc"] == pytest.approx(sum(t == p for t, p in pairs) / len(pairs), abs=1e-12)
    for name, value in {"f1-known": sum(f1[:K]) / K, "f1-open": f1[K], "oid_f1": sum(f1) / (K + 1)}.items():
        assert results[name] == pytest.approx(value, abs=5.1e-5)  # rounded by the hosts
        assert results[f"{name}_fixed"] == pytest.approx(value, abs=1e-12)


def test_the_scale_moves_the_thresholds():
    train = predictions([0, 0, 1, 1], [0, 0, 1, 1], classes=2)
    test = Predictions(np.array([[2.0, -4.0]]), np.zeros((1, 2)), np.array([0]))  # less sure than the training clips
    for scale, expected in ((1.0, 2), (8.0, 0)):
        assert open_set_predictions(test, lambda: train, num_labels=2, scale=scale).tolist() == [expected]


def scores_by_loop(name, test, train, weight, bias):
    """One in-scope score a clip, from the papers' equations."""
    weight, bias = weight[:K], bias[:K]
    logits = test.logits[:, :K].astype(float)
    if name == "msp":
        return [max(math.exp(v) for v in row) / sum(math.exp(v) for v in row) for row in logits]
    if name == "maxlogit":
        return [max(logistic(v) for v in row) for row in logits]
    if name == "energy":
        return [math.log(sum(math.exp(logistic(v)) for v in row)) for row in logits]
    features, known = test.features.astype(float), train.features.astype(float)
    if name == "ma":
        means = [known[train.label_ids == c].mean(axis=0) for c in range(K)]
        spread = sum(np.outer(f - means[c], f - means[c]) for f, c in zip(known, train.label_ids)) / len(known)
        inverse = np.linalg.inv(spread)
        return [-min((f - mean) @ inverse @ (f - mean) for mean in means) for f in features]
    origin = -np.linalg.lstsq(weight, bias, rcond=None)[0]
    principal = np.linalg.svd(known - origin)[2][:K]

    def outside(f):
        return np.linalg.norm(f - origin - sum(((f - origin) @ axis) * axis for axis in principal))

    if name == "residual":
        return [-outside(f) for f in features]
    alpha = sum(max(weight @ f + bias) for f in known) / sum(outside(f) for f in known)
    return [math.log(sum(math.exp(v) for v in weight @ f + bias)) - alpha * outside(f) for f in features]


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_detector_scores_and_separates_as_a_loop_says(run, detector):
    test, train, rest = run
    fitted = detector in ("ma", "residual", "vim")
    results = scored(run, "ood_det", detector, train=None if fitted else never)
    expected = scores_by_loop(detector, test, train, rest["weight"], rest["bias"])
    assert results["scores"].tolist() == pytest.approx(expected, rel=1e-5)
    inside = [s for s, t in zip(expected, test.label_ids) if t < K]
    outside = [s for s, t in zip(expected, test.label_ids) if t == K]
    wins = sum((high > low) + (high == low) / 2 for high in inside for low in outside)
    assert results["auroc"] == pytest.approx(wins / len(inside) / len(outside), abs=1e-12)
    accepted = sorted(inside, reverse=True)[math.ceil(0.95 * len(inside)) - 1]
    assert results["fpr95_standard"] == sum(s >= accepted for s in outside) / len(outside)
    assert not {"y_open", "oid_acc"} & set(results)


def test_an_unknown_detector_is_a_user_error(run):
    with pytest.raises(UserError, match="'odin' is unknown"):
        scored(run, "ood_det", "odin")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("test_mode", [None, "ood_cls", "ood_det"])
def test_logits_that_are_not_finite_are_refused(run, test_mode, value):
    run[0].logits[[7, 20], K - 1] = value
    with pytest.raises(UserError, match="test clips: logits of 2 of 60 are NaN or infinite, first in row 7; "):
        scored(run, test_mode)
    with pytest.raises(UserError, match="dev clips: logits of 2 of 60 "):
        dev_score(run[0], never, monitor="acc", num_labels=K, scale=1)


def test_training_logits_that_are_not_finite_are_refused():
    train, test = (predictions([0, 1], [0, 1], classes=2) for _ in range(2))
    train.logits[1, 0] = math.nan
    with pytest.raises(UserError, match="training clips: logits of 1 of 2 .* first in row 1; "):
        open_set_predictions(test, lambda: train, num_labels=2, scale=1)


def test_large_logits_are_finite():
    check_logits(Predictions(np.float32([[3e38, -3e38]]), np.zeros((1, 2)), np.array([0])), "test")


def test_sigmoid_keeps_float64_precision_and_does_not_overflow(recwarn):
    logits = np.array([-800.0, -3.0, 0.0, 3.0, 800.0])
    expected = [0.0, 1 / (1 + math.exp(3)), 0.5, 1 / (1 + math.exp(-3)), 1.0]
    assert sigmoid(logits).tolist() == pytest.approx(expected, abs=1e-15)
    assert sigmoid(logits.astype(np.float32)).dtype == np.float64
    assert not recwarn.list


def test_dev_score_is_the_mean_of_both_scopes_f1():
    # labels 0, 1 and out of scope 2: F1 is 2/3, 1 and 2/3
    dev = predictions([0, 2, 1, 1, 2], [0, 0, 1, 1, 2], classes=3)
    score = dev_score(dev, never, monitor="is_os_f1", num_labels=2, scale=1)
    assert score == pytest.approx(((2 / 3 + 1) / 2 + 2 / 3) / 2)
    # the in-scope monitor takes the best in-scope class of the in-scope clips: all right but for ties
    assert dev_score(dev, never, monitor="acc", num_labels=2, scale=1) == pytest.approx(1)


def test_dev_score_of_a_model_without_such_a_class_is_by_thresholds():
    train = predictions([0, 0, 1, 1], [0, 0, 1, 1], classes=2)
    dev = predictions([0, 1, 0], [0, 1, 2], classes=2)
    dev.logits[:2] *= 2  # firmer than the training clips, as the thresholds want it
    dev.logits[2] = -1  # no class claims it
    assert dev_score(dev, lambda: train, monitor="is_os_f1", num_labels=2, scale=1) == pytest.approx(1)


def test_dev_score_without_out_of_scope_clips_says_what_to_do():
    with pytest.raises(UserError, match="add --train_ood"):
        dev_score(predictions([0], [0], 3), never, monitor="is_os_f1", num_labels=2, scale=1)
