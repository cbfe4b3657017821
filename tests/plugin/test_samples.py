"""The sample plugins of ``docs/``, really installed: they keep the contract, train, and show what they draw."""

import json
import shutil
import subprocess
import sys

import pytest
from plugin.installing import install
from tiny import ROOT, command

SAMPLES = (ROOT / "docs" / "sample_plugin", ROOT / "docs" / "sample_plugin_memory")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The environment of a Python that has both."""
    return install(tmp_path_factory.mktemp("samples") / "site", *SAMPLES)


def test_they_keep_the_contract(installed, tmp_path):
    for sample in SAMPLES:
        for test in sample.glob("test_*.py"):
            shutil.copy(test, tmp_path)
    pytest_alone = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir"]
    done = subprocess.run(
        [*pytest_alone, tmp_path, tmp_path], cwd=tmp_path, env=installed, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_a_run_and_its_report(installed, data, backbone, tmp_path):
    options = ["--data_path", data, "--text_backbone", backbone, "--train", "--train_ood", "--test_ood"]
    options += ["--set", "num_train_epochs=1", "--save_results"]
    done = command("--method", "memory_bank", *options, cwd=tmp_path, env=installed)
    assert done.returncode == 0, done.stderr
    assert "in-scope (%)" in done.stdout
    record = json.loads(next(tmp_path.glob("outputs/*/run.json")).read_text())
    assert set(record["history"][0]["terms"]) == {"classification", "pull"}
    report = [sys.executable, "-m", "mia_plugins.cli", "report", "results", "-o", "report"]
    done = subprocess.run(report, cwd=tmp_path, env=installed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "The memory gives" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


def test_the_second_sample_stays_short():
    assert len((SAMPLES[1] / "memory_bank" / "__init__.py").read_text(encoding="utf-8").splitlines()) < 150
