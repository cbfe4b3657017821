"""The sample plugins of ``docs/``, really installed: they keep the contract, train, and show what they draw."""

import json
import shutil
import sys

import pytest
import torch
import warm
from launch import launched
from plugin.installing import install
from safetensors.torch import load_file
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
    done = warm.run([*pytest_alone, tmp_path, tmp_path], cwd=tmp_path, env=installed, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


@pytest.fixture(scope="module")
def trained(installed, data, backbone, tmp_path_factory):
    """What makes a run of the second sample, and the folder where one process made it."""
    folder = tmp_path_factory.mktemp("trained")
    calm = folder / "calm-bert"  # without dropout: two processes draw other numbers than one does
    shutil.copytree(backbone, calm)
    config = json.loads((calm / "config.json").read_text())
    config.update(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    (calm / "config.json").write_text(json.dumps(config))
    options = ["--method", "memory_bank", "--data_path", data, "--text_backbone", calm, "--gpu_id", "cpu"]
    options += ["--train", "--train_ood", "--test_ood", "--save_results", "--set", "num_train_epochs=2"]
    options += ["--set", "train_batch_size=16", "--set", "lr=1e-3"]
    done = command(*options, cwd=folder, env=installed)
    assert done.returncode == 0, done.stderr
    assert "in-scope (%)" in done.stdout
    return options, folder


def kept(folder):
    """Record and weights of the run in a folder."""
    (model,) = {path.resolve() for path in (folder / "outputs").rglob("model.safetensors")}
    (record,) = {path.resolve() for path in (folder / "outputs").rglob("run.json")}
    return json.loads(record.read_text()), load_file(model)


def test_a_run_and_its_report(trained, installed):
    folder = trained[1]
    record, _ = kept(folder)
    assert set(record["history"][0]["terms"]) == {"classification", "pull"}
    report = [sys.executable, "-m", "mia_plugins.cli", "report", "results", "-o", "report"]
    done = warm.run(report, cwd=folder, env=installed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "The memory gives" in (folder / "report" / "report.md").read_text(encoding="utf-8")


def test_two_processes_train_a_bank_and_a_branch_in_training_as_one_does(trained, installed, tmp_path):
    options, folder = trained
    done = launched(ROOT / "run.py", *options, cwd=tmp_path, environment=installed)
    assert done.returncode == 0, done.stderr
    (record, weights), (wanted, wanted_weights) = kept(tmp_path), kept(folder)
    assert record["metrics"] == pytest.approx(wanted["metrics"], abs=1e-6)
    assert [epoch["terms"] for epoch in record["history"]] == [
        pytest.approx(epoch["terms"], rel=1e-4) for epoch in wanted["history"]
    ]
    for name, weight in wanted_weights.items():
        torch.testing.assert_close(weights[name], weight, atol=1e-4, rtol=1e-3)


def test_the_second_sample_stays_short():
    assert len((SAMPLES[1] / "memory_bank" / "__init__.py").read_text(encoding="utf-8").splitlines()) < 150
