"""Processes of their own for hosts: one host a process, as in use."""

import csv
import os
import sys

import pytest
import warm
from tiny import ROOT


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """Runs ``mia-plugins ...`` in ``tmp_path``; returns the finished process."""

    def run(*arguments, **environment):
        return warm.run(
            [sys.executable, "-m", "mia_plugins.cli", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "HF_HUB_OFFLINE": "1",
                "MIA_PLUGINS_CONFIG": str(tmp_path / "hosts.json"),
                **environment,
            },
        )

    return run


@pytest.fixture
def table(tmp_path):
    """Reads the results table a host left, as dictionaries."""

    def read(name="results/results.csv"):
        with open(tmp_path / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return read
