"""A metric that a plugin registers: in results, records, tables and lists, and as the monitor where lower is better."""

import csv
import json

import numpy as np
import pytest

import mia_plugins
from mia_plugins import cli
from mia_plugins.evaluation.metrics import METRICS
from mia_plugins.plugin import Metric, register_metric

TITLE = "my errors"


def error(predictions, num_labels):
    """Mean distance of the right intent's probability to one."""
    rows = predictions.label_ids < num_labels
    odds = np.exp(predictions.logits[rows, :num_labels])
    return 1 - (odds / odds.sum(axis=1, keepdims=True))[np.arange(rows.sum()), predictions.label_ids[rows]].mean()


@pytest.fixture
def registered():
    known = dict(METRICS)
    shown = {"table": 1, "column": 99, "overview": 99, "ablation": 99, "monitor": 99}
    register_metric(
        Metric("err", "Err", TITLE, "Error.", higher_is_better=False, percent=False, compute=error, **shown)
    )
    yield
    METRICS.clear()
    METRICS.update(known)


@pytest.fixture
def run(registered, data, backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(**options):
        settings = {"num_train_epochs": 3, "eval_monitor": "err", "lr": 3e-3, **options.pop("set", {})}
        usual = {"data_path": str(data), "text_backbone": str(backbone), "train": True, "save_results": True}
        return mia_plugins.run(method="text", set=settings, **{**usual, **options})

    return run


def test_in_results_records_and_tables(run, capsys):
    results = run()
    (made,) = results.runs
    logits, label_ids = made.arrays["logits"].astype(float), made.arrays["y_true"]
    odds = np.exp(logits)
    right = [row[label] / row.sum() for row, label in zip(odds, label_ids)]
    assert made.metrics["err"] == pytest.approx(1 - np.mean(right), abs=1e-5)
    assert TITLE in results.table
    assert f"{made.metrics['err']:.3f}" in results.table

    record = json.loads((made.folder / "run.json").read_text())
    scores = [epoch["score"] for epoch in record["history"]]
    assert len(scores) > 1
    assert record["best_epoch"] == 1 + scores.index(min(scores))
    assert scores.index(min(scores)) != scores.index(max(scores))
    assert record["dev_score"] == made.dev_score == min(scores) > 0
    assert record["testing"]["metrics"] == ["err"]

    with open("results/results.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["err"], row["eval_err"]) == (f"{made.metrics['err']:.3f}", f"{min(scores):.3f}")
    assert float(row["acc"]) == round(made.metrics["acc"], 2)
    capsys.readouterr()
    assert cli.main(["results"]) == 0
    assert "err" in capsys.readouterr().out.splitlines()[0].split()
    assert cli.main(["list", "metrics"]) == 0
    assert "err" in capsys.readouterr().out


def test_a_search_keeps_the_smallest_error(run, capsys):
    pytest.importorskip("optuna")
    results = run(set={"lr": [1e-9, 3e-3], "num_train_epochs": 2}, tune=True)
    assert results.runs[0].choice == {"lr": 3e-3}
    capsys.readouterr()
    alone = {lr: run(set={"lr": lr, "num_train_epochs": 2}).runs[0].dev_score for lr in (1e-9, 3e-3)}
    assert alone[3e-3] < alone[1e-9]
