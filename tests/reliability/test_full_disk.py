"""A full disk, on a tmpfs of half a megabyte: one line, no half file, and what was there stays."""

import os
import subprocess

import numpy as np
import pytest
import torch
from reliability.attack import expect, refused
from torch import nn

from mia_plugins.evaluation.predictions import Predictions
from mia_plugins.runs.results import append_row, save_arrays
from mia_plugins.system.json_files import write_json
from mia_plugins.training.checkpoints import save_weights
from mia_plugins.training.progress import Progress
from mia_plugins.training.reference import save_predictions

LARGE = np.random.default_rng(0).normal(size=(400, 400))  # 1.3 MB, more than the disk has
MODEL = nn.Linear(700, 700)  # 2 MB
EPOCH = {"number": 1, "loss": 0.0, "score": 0.5, "terms": {}}


def state(folder):
    optimizer = torch.optim.AdamW(MODEL.parameters())
    Progress(folder, {}).write(MODEL, {"optimizer": optimizer}, [EPOCH], folder)


WRITERS = {
    "training.pt": state,
    "best-1.safetensors": lambda folder: save_weights(MODEL, folder / "best-1.safetensors"),
    "model.safetensors": lambda folder: save_weights(MODEL, folder / "model.safetensors"),
    "logits.npy": lambda folder: save_arrays(folder, {"logits": LARGE}),
    "reference.npz": lambda folder: save_predictions(
        folder / "reference.npz", Predictions(LARGE, LARGE, np.arange(400))
    ),
    "clips.json": lambda folder: write_json(folder / "clips.json", LARGE.tolist()),
    "run.json": lambda folder: write_json(folder / "run.json", {"history": LARGE.tolist()}),
    "results.csv": lambda folder: append_row(folder / "results.csv", {"acc": 1, "note": "x" * 2_000_000}),
}


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A disk of 512 kB."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs root and mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("old", [False, True], ids=["new", "in place of an old one"])
def test_full(disk, name, old):
    kind, path = "full disk", disk / name
    if old:
        path.write_bytes(b"acc\n1\n")
    try:
        refused(kind, lambda: WRITERS[name](disk), name, "the disk is full", "make room")
        left = {each.name for each in disk.iterdir()} - {f"{name}.lock"}
        expect(kind, left == ({name} if old else set()), f"left behind: {left}")
        expect(kind, not old or path.read_bytes() == b"acc\n1\n", "the old file is lost")
    finally:
        for each in disk.iterdir():
            each.unlink()


def test_a_log_on_a_full_disk_goes_on_on_the_terminal(disk, capsys):
    from mia_plugins.system.logs import logger, start_log

    start_log(disk, "log")
    for _ in range(3):
        logger.info("x" * 400_000)
    logger.info("last words")
    shown = capsys.readouterr()
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    assert "Logging error" not in shown.err
    assert shown.out.count("cannot be written any more") == 1
    assert "last words" in shown.out
