"""The results table under several writers, and what is printed."""

import csv
import multiprocessing
from pathlib import Path

import pytest

from mia_plugins.errors import UserError
from mia_plugins.runs.results import Run, append_row
from mia_plugins.runs.tables import metrics_table


def _write(path, worker):
    for i in range(20):
        append_row(Path(path), {"acc": i, "seed": worker})


def test_processes_at_once_lose_no_row(tmp_path):
    path = tmp_path / "results" / "results.csv"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write, args=(str(path), n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with open(path, newline="") as file:
        rows = [(row["seed"], row["acc"]) for row in csv.DictReader(file)]
    assert sorted(rows) == sorted((str(n), str(i)) for n in range(3) for i in range(20))


def test_new_columns_join_an_old_table(tmp_path):
    path = tmp_path / "results.csv"
    append_row(path, {"acc": 1})
    append_row(path, {"acc": 2, "note": 'a "quoted", text\n'})
    with open(path, newline="") as file:
        assert list(csv.DictReader(file)) == [{"acc": "1", "note": ""}, {"acc": "2", "note": 'a "quoted", text\n'}]


def test_a_file_that_is_no_table_is_left_alone(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("a,b\n1,2,3\n")
    with pytest.raises(UserError, match="is not a results table"):
        append_row(path, {"acc": 1})
    assert path.read_text() == "a,b\n1,2,3\n"


def test_table_shows_mean_and_deviation_a_choice():
    runs = [Run(seed, {"k": k}, {"acc": 50.0 + seed * k}, {}, Path()) for k in (1, 2) for seed in (0, 2)]
    table = metrics_table(runs, {"in-scope": ("acc", "missing")})
    assert "missing" not in table
    assert "k=1 mean ± std | 51.00 ± 1.41" in table
    assert "k=2 mean ± std | 52.00 ± 2.83" in table
