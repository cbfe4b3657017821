"""The registry of metrics: the lists that are read off it, and that it says of each metric what is true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.evaluation import metrics
from mia_plugins.evaluation.metric_definitions import BENCHMARK_METRICS, Metric
from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.evaluation.scoring import dev_score, score_test

IN_SCOPE, OPEN_SET, DETECTION = "in-scope (%)", "IS + OOS (%)", "OOS detection (%)"
UNSEEN = "trained + new (%)"
SEVERAL, NUMBER = "labels (%)", "number (accuracy and F1 in %)"
SENTIMENT = ("Mult_acc_7", "Mult_acc_5", "Has0_acc_2", "Has0_F1_score", "Non0_acc_2", "Non0_F1_score")


@pytest.fixture
def registry():
    """The registry, which is as it was after a test that adds to it."""
    known = dict(metrics.METRICS)
    yield metrics
    metrics.METRICS.clear()
    metrics.METRICS.update(known)


def test_tables():
    tables = metrics.shown_in_tables()
    assert tables == {
        UNSEEN: ("trained_acc", "new_acc", "harmonic_acc", "among_new_acc", "new_auroc"),
        IN_SCOPE: ("acc", "f1", "prec", "rec", "weighted_f1", "weighted_prec"),
        OPEN_SET: ("oid_acc", "f1-known", "f1-open", "oid_f1"),
        DETECTION: ("auroc", "aupr_in", "aupr_out", "fpr95", "eer", "der"),
        SEVERAL: ("macro_f1", "micro_f1", "samples_f1", "exact_match", "hamming_loss", "mAP"),
        NUMBER: ("MAE", "Corr", *SENTIMENT),
    }
    assert list(tables) == [IN_SCOPE, OPEN_SET, DETECTION, SEVERAL, NUMBER, UNSEEN]


def test_columns_are_the_benchmarks():
    assert metrics.columns()[:16] == (
        ("acc", "weighted_f1", "weighted_prec", "f1", "prec", "rec")
        + ("auroc", "aupr_in", "aupr_out", "fpr95", "der", "eer")
        + ("oid_acc", "f1-known", "f1-open", "oid_f1")
    )


def test_monitors():
    classes = ("acc", "f1", "weighted_f1", "prec", "weighted_prec", "rec", "is_os_f1")
    several = ("macro_f1", "micro_f1", "samples_f1", "exact_match", "hamming_loss", "mAP")
    assert metrics.monitors("multi-class") == classes
    assert metrics.monitors("multi-label") == several
    assert metrics.monitors("regression") == ("MAE", "Corr", *SENTIMENT)
    assert metrics.monitors() == (*classes, *several, "MAE", "Corr", *SENTIMENT)


def test_overview_and_ablations():
    assert metrics.shown_in_overview()[:6] == ("acc", "f1", "oid_acc", "oid_f1", "auroc", "fpr95")
    assert metrics.shown_in_ablations() == (
        "acc",
        "f1",
        "oid_acc",
        "oid_f1",
        "macro_f1",
        "micro_f1",
        "MAE",
        "Has0_acc_2",
    )


def test_headings_of_the_papers_tables():
    in_scope = metrics.headings("acc", "f1", "prec", "rec")
    assert list(in_scope.items()) == [("acc", "ACC"), ("f1", "F1"), ("prec", "P"), ("rec", "R")]
    open_set = metrics.headings(*metrics.shown_in_tables()[OPEN_SET])
    expected = [("oid_acc", "ACC"), ("f1-known", "F1-IS"), ("f1-open", "F1-OS"), ("oid_f1", "F1")]
    assert list(open_set.items()) == expected


def results_of(test_mode, better):
    """All metrics of a test run in which every prediction is right, or wrong."""
    label_ids = np.arange(40) % 4  # 3 is out of scope
    logits = 9.0 * np.eye(4)[label_ids if better else (label_ids + 1) % 4]
    if test_mode == "ood_det":  # in-scope classes only: out-of-scope clips get the least sure logits, or the surest
        logits = np.where((label_ids == 3)[:, None] == better, 0.0, logits)[:, :3]
    predictions = Predictions(logits, np.zeros((40, 5)), label_ids)
    rest = {"weight": np.zeros((4, 5)), "bias": np.zeros(4), "scale": 1.0, "ood_detection_method": "msp"}
    results = score_test(predictions, lambda: predictions, num_labels=3, test_mode=test_mode, **rest)
    if test_mode == "ood_cls":
        results["is_os_f1"] = dev_score(predictions, lambda: predictions, monitor="is_os_f1", num_labels=3, scale=1)
    return {name: value for name, value in results.items() if isinstance(value, float)}


def test_every_result_is_registered_under_its_group_with_its_direction():
    for test_mode, groups in (
        (None, [IN_SCOPE]),
        ("ood_cls", [IN_SCOPE, OPEN_SET]),
        ("ood_det", [IN_SCOPE, DETECTION]),
    ):
        good, bad = results_of(test_mode, better=True), results_of(test_mode, better=False)
        assert set(good) == {metric.name for metric in BENCHMARK_METRICS if metric.group in groups}
        for name in good:
            metric = metrics.METRICS[name]
            if test_mode is None or metric.group != IN_SCOPE:
                assert (good[name] > bad[name]) == metric.higher_is_better, name
            assert metric.percent


def test_entries_are_whole_and_unique():
    assert len({metric.name for metric in BENCHMARK_METRICS}) == len(BENCHMARK_METRICS) == len(metrics.METRICS)
    for metric in BENCHMARK_METRICS:
        assert metric.meaning.endswith(".")
        assert metric.heading
        if metric.textbook_of is not None:
            twin = metrics.METRICS[metric.textbook_of]
            assert (twin.group, twin.higher_is_better) == (metric.group, metric.higher_is_better)
            assert metric.column is None


@pytest.mark.parametrize("where", ["table", "column", "overview", "ablation", "monitor"])
def test_no_two_metrics_have_one_place(where):
    places = [(getattr(metric, where), metric.group if where == "table" else "") for metric in BENCHMARK_METRICS]
    shown = [place for place in places if place[0] is not None]
    assert len(set(shown)) == len(shown)


def test_a_plugins_metrics_come_last_and_in_its_own_table(registry):
    error = Metric("mae", "MAE", "regression", "Mean absolute error.", higher_is_better=False, percent=False, table=1)
    for metric in (error, Metric("corr", "Corr", "regression", "Pearson's r.", percent=False, table=2, column=99)):
        registry.register_metric(metric)
        registry.register_metric(metric)  # its module was imported twice
    assert list(registry.shown_in_tables().items())[-1] == ("regression", ("mae", "corr"))
    assert registry.columns()[-1] == "corr"
    assert "mae" not in registry.monitors()
    assert registry.displayed("mae", 0.5) == 0.5
    assert registry.displayed("acc", 0.5) == registry.displayed("of a method", 0.5) == 50


def test_what_cannot_be_registered(registry):
    with pytest.raises(UserError, match="'acc' is registered twice"):
        registry.register_metric(Metric("acc", "ACC", IN_SCOPE, "Another."))
    with pytest.raises(UserError, match="'mae': a monitor needs compute"):
        registry.register_metric(Metric("mae", "MAE", "r", "Error.", higher_is_better=False, monitor=99))
    assert "mae" not in registry.METRICS
    registry.register_metric(BENCHMARK_METRICS[0])  # as it is


def error_of(compute, **where):
    return Metric("mae", "MAE", "r", "Error.", higher_is_better=False, percent=False, compute=compute, **where)


def score(registry, compute, test_mode=None):
    """A test run's results with a registered metric in them."""
    registry.register_metric(error_of(compute))
    return results_of(test_mode, better=True)


def test_a_registered_metric_is_computed_from_the_predictions_of_every_test_clip(registry):
    def compute(predictions, num_labels):
        assert num_labels == 3
        assert predictions.logits.shape == (40, 4)
        assert predictions.features.shape == (40, 5)
        return np.float32((predictions.label_ids == num_labels).mean())

    results = score(registry, compute, "ood_cls")
    assert results["mae"] == 0.25
    assert type(results["mae"]) is float


@pytest.mark.parametrize(
    ("compute", "words"),
    [
        (lambda predictions, num_labels: 1 / 0, r"'mae': its compute fails on 40 clips \(ZeroDivisionError: "),
        (lambda predictions, num_labels: "many", r"'mae': its compute fails on 40 clips \(ValueError: "),
        (lambda predictions, num_labels: None, "'mae': its compute fails on 40 clips"),
        (lambda predictions: 1, "'mae': its compute fails on 40 clips"),
        (lambda predictions, num_labels: predictions.logits.fill(0), "read-only"),
    ],
)
def test_a_registered_metric_that_fails_is_named_and_changes_nothing(registry, compute, words):
    with pytest.raises(UserError, match=words):
        score(registry, compute)


def test_a_registered_metric_is_computed_where_its_problem_is_learned(registry):
    registry.register_metric(replace(error_of(lambda predictions, num_labels: 7.0), problem="regression"))
    assert "mae" not in results_of(None, better=True)
    predictions = Predictions(np.array([[1.0], [2.0]]), np.zeros((2, 5)), np.array([-1.0, 2.0]))
    rest = {"weight": np.zeros((1, 5)), "bias": np.zeros(1), "scale": 1.0, "ood_detection_method": "msp"}
    results = score_test(predictions, lambda: predictions, num_labels=1, test_mode=None, problem="regression", **rest)
    assert (results["mae"], results["MAE"]) == (7, 1)
    assert results["y_pred"].tolist() == [1, 2]
    assert set(results) >= {*SENTIMENT, "MAE", "Corr", "y_true", "features", "logits"}
    assert "acc" not in results


def test_of_other_problems_the_usual_monitor_picks_the_best_epoch():
    def dev(problem, monitor, logits, label_ids):
        predictions = Predictions(np.array(logits), np.zeros((2, 5)), np.array(label_ids))
        rest = {"num_labels": len(logits[0]), "scale": 1, "problem": problem}
        return dev_score(predictions, lambda: predictions, monitor=monitor, **rest)

    assert dev("regression", "MAE", [[1.0], [2.0]], [-1.0, 2.0]) == -1
    assert dev("multi-label", "macro_f1", [[1.0, -1.0], [-1.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]) == 0.5
    with pytest.raises(UserError, match="eval_monitor=Corr is nan on the dev clips, and picks no epoch"):
        dev("regression", "Corr", [[1.0], [1.0]], [-1.0, 2.0])
    with pytest.raises(UserError, match="eval_monitor=Mult_acc_7 is nan"):
        dev("regression", "Mult_acc_7", [[1.0], [1.0]], [40.0, 60.0])


def test_of_an_error_the_smallest_is_the_best(registry):
    registry.register_metric(error_of(lambda predictions, num_labels: float(predictions.logits.mean()), monitor=99))
    assert registry.monitors("multi-class")[-1] == registry.monitors()[-1] == "mae"

    def dev(value):
        predictions = Predictions(np.full((4, 3), value), np.zeros((4, 5)), np.zeros(4, int))
        return dev_score(predictions, lambda: predictions, monitor="mae", num_labels=3, scale=1)

    assert dev(0.25) > dev(0.5)
    assert dev(0.25) == -0.25
    assert registry.oriented("mae", dev(0.25)) == 0.25
    registry.METRICS["mae"] = error_of(lambda predictions, num_labels: float("nan"), monitor=99)
    with pytest.raises(UserError, match="eval_monitor=mae is nan on the dev clips"):
        dev(1)


def test_a_registered_metric_may_be_the_monitor(registry):
    from mia_plugins.training.settings import TrainSettings

    with pytest.raises(UserError, match=r"eval_monitor='mae' should be one of acc, f1, .*, Non0_F1_score$"):
        TrainSettings(eval_monitor="mae")
    registry.register_metric(error_of(lambda predictions, num_labels: 0.0, monitor=99))
    assert TrainSettings(eval_monitor="mae").eval_monitor == "mae"
    with pytest.raises(UserError, match="Non0_F1_score, mae$"):
        TrainSettings(eval_monitor="Mae")
