"""An interrupted training goes on, and ends as it would have."""

import csv
import os
import signal
import subprocess
import sys
import time

import pytest
import warm
from tiny import ROOT, run_arguments

from mia_plugins.__main__ import main

# long enough for the signal to come before the end on a fast machine
LONG = ["num_train_epochs=14", "wait_patience=14", "train_batch_size=8", "lr=1e-3", "num_anchors=3"]


def metrics(folder):
    with open(folder / "results" / "results.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    return {key: value for key, value in row.items() if key not in ("log_id", "date", "seconds")}


def start(arguments, folder):
    """The command in a process of its own, its output line by line."""
    return warm.Popen(
        [sys.executable, str(ROOT / "run.py"), *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@pytest.fixture(scope="module")
def whole(data, backbone, tmp_path_factory):
    """The metrics of a run that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    process = start(run_arguments(data, backbone, "--train", "--test_ood", "--save_results", settings=LONG), folder)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    return metrics(folder)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_resume_ends_as_an_uninterrupted_run(stop, whole, data, backbone, tmp_path, monkeypatch, capsys):
    arguments = run_arguments(data, backbone, "--train", "--test_ood", "--save_results", settings=LONG)
    process = start(arguments, tmp_path)
    for line in process.stdout:  # wait for the second epoch, then into the third; the first is kept in any case
        if line.startswith("epoch 2:"):
            break
    time.sleep(0.05)
    process.send_signal(stop)
    output, _ = process.communicate()
    assert "epoch 14:" not in output
    assert process.returncode == (130 if stop == signal.SIGINT else -signal.SIGKILL)
    assert not (tmp_path / "results" / "results.csv").exists()

    monkeypatch.chdir(tmp_path)
    assert main([*map(str, arguments), "--resume"]) == 0
    shown = capsys.readouterr().out
    assert "epoch 1:" not in shown
    assert "epoch 14:" in shown
    assert metrics(tmp_path) == whole
    assert not list(tmp_path.glob("outputs/*/resume"))  # nothing is left to resume
