"""Small annotation folders as the data sets publish them, and the command under test."""

import numpy as np
import pytest
from simulate.tables import DESCRIPTIONS, HEADERS, row, write

from mia_plugins import cli
from mia_plugins.simulate.layouts import DATA_SETS


@pytest.fixture
def annotate(tmp_path):
    """``annotate(dataset, train=1, dev=2, test=0, ood=0)``: a folder with so many clips a label, and their descriptions."""

    def make(dataset, *, train=1, dev=2, test=0, ood=0):
        folder = tmp_path / "annotations" / dataset
        data_set, number = DATA_SETS[dataset], 0
        for split, clips in (("train", train), ("dev", dev), ("test", test)):
            rows, described = [], []
            for label in [*np.repeat(data_set.labels, clips).tolist(), *[data_set.ood_label] * ood * bool(clips)]:
                cells = row(dataset, number, label)
                rows.append(cells)
                words = ["go and look", "no joke, no", f"hello number {number} " + "bye " * (number % 9)]
                described.append([*cells[: data_set.key_columns], *words])
                number += 1
            if clips:
                write(folder / f"{split}.tsv", [HEADERS[dataset], *rows])
                names = [*HEADERS[dataset][: data_set.key_columns], *DESCRIPTIONS]
                write(folder / f"{split}.descriptions.tsv", [names, *described])
        return folder

    return make


@pytest.fixture
def simulate(tmp_path, capsys):
    """``simulate(kind, folder, dataset, *options)``: runs the command to its end and returns the data path."""
    made = []

    def run(kind, folder, dataset, *options, name=None):
        out = tmp_path / (name or f"out{len(made)}")
        made.append(out)
        command = ["data", "simulate", kind, folder, "-o", out, "--dataset", dataset, *options]
        code = cli.main([str(part) for part in command])
        assert code == 0, capsys.readouterr().err
        return out

    return run


@pytest.fixture
def refused(tmp_path, capsys):
    """``refused(kind, folder, dataset, *options)``: runs the command; its error, one line, with nothing left behind."""

    def run(kind, folder, dataset, *options):
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        command = ["data", "simulate", kind, folder, "-o", tmp_path / "refused", "--dataset", dataset, *options]
        assert cli.main([str(part) for part in command]) == 2
        error = capsys.readouterr().err
        assert len(error.splitlines()) == 1, error
        assert error.startswith("error: ")
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
        return error

    return run
