"""``mia-plugins results`` on tables as run.py writes them, and on others."""

import csv
import statistics

import pytest

from mia_plugins.cli import main

COLUMNS = ["acc", "f1", "eval_acc", "method", "dataset", "lr", "seed", "run", "folder"]


@pytest.fixture
def table(tmp_path):
    """Three seeds of two learning rates, and one run of another method without an lr."""
    rows = [
        [50 + seed * 3, 40, 1, "amess", "MIntRec", rate, seed, f"{rate}{seed}", f"o/{rate}{seed}"]
        for rate in ("0.1", "0.2")
        for seed in range(3)
    ]
    rows.append([70, "", 1, "text", "MIntRec", "", 0, "t", "o/t"])
    path = tmp_path / "results.csv"
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def test_seeds_are_put_together_and_equal_columns_left_out(table, capsys):
    assert main(["results", str(table)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [cell.strip() for cell in lines[0].split("|")] == ["method", "lr", "runs", "acc", "f1"]
    assert [cell.strip() for cell in lines[2].split("|")] == [
        "amess",
        "0.1",
        "3",
        f"53.00 ± {statistics.stdev([50, 53, 56]):.2f}",
        "40.00 ± 0.00",
    ]
    assert [cell.strip() for cell in lines[4].split("|")] == ["text", "", "1", "70.00", ""]


def test_by_a_column_of_ones_own(table, capsys):
    assert main(["results", str(table), "--by", "method", "--metrics", "acc"]) == 0
    assert [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines()[2:]] == ["6", "1"]


def test_each_run_with_what_differs(table, capsys):
    assert main(["results", str(table), "--diff"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [cell.strip() for cell in lines[0].split("|")] == ["method", "lr", "seed", "run", "acc", "f1"]
    assert len(lines) == 2 + 7


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"acc,note\n1,\xe9\n", "is not UTF-8 text"),
        (b"acc,note\n1,2,3\n", "is not a results table"),
        (b"", "no results there"),
        (b"acc\n" + b"1" * 200_000 + b"\n", "is not a results table"),
    ],
)
def test_what_is_no_table(tmp_path, capsys, content, words):
    path = tmp_path / "results.csv"
    path.write_bytes(content)
    assert main(["results", str(path)]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_column_that_is_not_there(table, capsys):
    assert main(["results", str(table), "--by", "nothing"]) == 2
    assert "has no column 'nothing'; it has acc, f1" in capsys.readouterr().err
