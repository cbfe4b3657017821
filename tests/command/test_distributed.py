"""One training in two processes: what the user's launcher starts must end as one process does."""

import csv
import os
import subprocess
import sys

import pytest
import torch
from launch import free_port, launched, start_launched
from safetensors.torch import load_file
from tiny import ROOT, command, run_arguments

from mia_plugins.data.sampling import LengthBatches
from mia_plugins.errors import UserError
from mia_plugins.system.devices import choose_device
from mia_plugins.system.processes import World

RUN = ROOT / "run.py"
SETTINGS = ["num_train_epochs=3", "train_batch_size=16", "lr=1e-3", "num_anchors=3", "dropout_prob=0"]
SAVED = ["--train", "--train_ood", "--test_ood", "--save_results", "--save_model"]


GRADIENTS = """
from pathlib import Path

import torch
from torch import nn
from mia_plugins.system.processes import gather, no_bar, parallel, row_counts, start, stop, world


class Model(nn.Linear):
    def __init__(self):
        super().__init__(3, 4)
        self.unused = nn.Linear(2, 2)


def loss(rows, ids):  # as a contrastive loss, each row's part depends on all others
    return nn.functional.cross_entropy(rows, ids) + (rows @ rows.T).logsumexp(dim=1).mean()


def compare():
    torch.manual_seed(0)
    model, alone = Model(), Model()
    alone.load_state_dict(model.state_dict())
    values, labels = torch.randn(5, 3), torch.tensor([0, 1, 2, 3, 1])  # three rows for one process, two for the other
    own = slice(world().rank, None, world().world_size)
    wrapped = parallel(model)
    for step in range(3):
        model.zero_grad(set_to_none=True)
        alone.zero_grad(set_to_none=True)
        whole = loss(alone(values), labels)
        whole.backward()
        sizes = row_counts(labels[own])
        shared = loss(gather(wrapped(values[own]), sizes), gather(labels[own], sizes))
        shared.backward()
        torch.testing.assert_close(shared, whole)
        for ours, theirs in zip(model.parameters(), alone.parameters()):
            torch.testing.assert_close(ours.grad, theirs.grad)
        values = values + 1


start(torch.device("cpu"))
start(torch.device("cpu"))  # as every run of a script that runs several
assert no_bar() is (True if world().rank else None)
compare()
stop()
threads = [name.read_text().strip() for name in Path("/proc/self/task").glob("*/comm")]
assert not any("gloo" in name for name in threads), threads
"""

# two machines without a common folder
APART = """
import os, sys
from mia_plugins.__main__ import main

sys.exit(main([*sys.argv[1:], *(["--output_path", "elsewhere"] if os.environ["RANK"] == "1" else [])]))
"""


def launch(launcher, arguments, folder):
    """The run script under a real launcher with two processes, every one a new interpreter."""
    port = str(free_port())
    words = {
        "torchrun": ["torch.distributed.run", "--nproc_per_node", "2", "--master_port", port],
        "accelerate": ["accelerate.commands.launch", "--cpu", "--num_processes", "2", "--main_process_port", port],
    }[launcher]
    words += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"] * (launcher == "accelerate")
    return subprocess.run(
        [sys.executable, "-m", *words, str(RUN), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def metrics(folder):
    with open(folder / "results" / "results.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    own = ("log_id", "date", "seconds")  # of each run
    return [{key: value for key, value in row.items() if key not in own} for row in rows]


@pytest.fixture(scope="module")
def alone(data, calm_backbone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    done = command(*run_arguments(data, calm_backbone, *SAVED, settings=SETTINGS), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("launcher", ["torchrun", "accelerate"])
def test_two_processes_end_as_one(launcher, alone, data, calm_backbone, tmp_path):
    if launcher == "accelerate":
        pytest.importorskip("accelerate")
    done = launch(launcher, run_arguments(data, calm_backbone, *SAVED, settings=SETTINGS), tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("epoch 3:") == 1  # one process speaks
    assert "unused" not in done.stderr  # nor does torch complain
    assert len(metrics(tmp_path)) == 1  # and writes
    assert metrics(tmp_path) == metrics(alone)
    ours, theirs = (next(folder.glob("outputs/*/models/model.safetensors")) for folder in (tmp_path, alone))
    ours, theirs = load_file(ours), load_file(theirs)
    for name in theirs:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-3, atol=1e-4)


MEMORY = ROOT / "docs" / "sample_plugin_memory" / "memory_bank" / "__init__.py"


@pytest.mark.parametrize(
    "pull", ["none", "0.5"], ids=["a memory of the training clips", "and a branch in training alone"]
)
def test_two_processes_end_as_one_with(pull, data, calm_backbone, tmp_path):
    """A method in a file: `prepare` fills a memory, `train_place` leaves a clip itself out, a loss reads the labels."""
    options = ["--data_path", data, "--text_backbone", calm_backbone, *SAVED, "--set", f"pull={pull}"]
    options += ["--set", "num_train_epochs=2", "--set", "train_batch_size=16", "--set", "lr=1e-3"]
    folders = tmp_path / "alone", tmp_path / "two"
    for folder, start in zip(folders, (command, launched)):
        folder.mkdir()
        words = [RUN] * (start is launched) + ["--method", MEMORY, *options]
        done = start(*words, cwd=folder)
        assert done.returncode == 0, done.stderr
    one, two = (metrics(folder) for folder in folders)
    assert [{**row, "folder": ""} for row in one] == [{**row, "folder": ""} for row in two]
    one, two = (load_file(next(folder.glob("outputs/*/models/model.safetensors"))) for folder in folders)
    assert ("anchors.weight" in one) == (pull != "none")
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-3, atol=1e-4)


def test_from_python_processes_share_each_training(data, calm_backbone, tmp_path):
    options = {"data_path": str(data), "text_backbone": str(calm_backbone), "train": True, "save_results": True}
    options["set"] = {"num_train_epochs": 1, "num_anchors": 3, "sentence_encoder": str(calm_backbone)}
    script = f"import mia_plugins\nfor seed in (0, 1):\n    mia_plugins.run(**{options}, seed=seed)\n"
    (tmp_path / "script.py").write_text(script)
    done = launched("script.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["seed"] for row in metrics(tmp_path)] == ["0", "1"]  # one row a run, not one a process


def test_gradients_are_those_of_the_whole_batch(tmp_path):
    """Directly, since an optimizer such as Adam would hide a wrong factor."""
    (tmp_path / "gradients.py").write_text(GRADIENTS)
    done = launched("gradients.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_two_processes_resume(data, calm_backbone, alone, tmp_path):
    """A run that lost its processes in the middle goes on, in both."""
    arguments = run_arguments(data, calm_backbone, *SAVED, settings=SETTINGS)
    processes = start_launched(RUN, *arguments, cwd=tmp_path)
    assert any(line.startswith("epoch 1:") for line in processes[0].stdout)
    for process in processes:
        process.kill()
    for process in processes:
        process.communicate()
    (tmp_path / "apart.py").write_text(APART)
    done = launched("apart.py", *arguments, "--resume", cwd=tmp_path)
    assert done.returncode != 0
    assert "error: --resume: not every process finds the interrupted run" in done.stderr
    done = launched(RUN, *arguments, "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "epoch 1:" not in done.stdout
    assert metrics(tmp_path)[-1] == metrics(alone)[-1]


def test_of_several_processes_each_takes_its_own_gpu(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="--gpu_id 0: of several processes each takes a GPU of its own"):
        choose_device("0")
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("count", [1, 7, 8, 33, 34])
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_training_batches_are_shared_out_and_no_process_is_left_without(count, processes):
    lengths = torch.arange(count).numpy() % 5
    if count < processes:
        with pytest.raises(UserError, match="start fewer"):
            LengthBatches(lengths, 4, shuffle=True, world=World(0, processes))
        return
    shares = []
    for rank in range(processes):
        torch.manual_seed(3)
        sampler = LengthBatches(lengths, 4, shuffle=True, world=World(rank, processes))
        shares.append(list(sampler))
        assert len(sampler) == len(shares[-1]) == len(shares[0])
        assert all(shares[-1])
    torch.manual_seed(3)
    whole = list(LengthBatches(lengths, 4, shuffle=True))
    everything = [sorted(sum(parts, [])) for parts in zip(*shares)]
    assert sorted(sum(everything, [])) == list(range(count))
    if count % 4 == 0 or count % 4 >= processes:
        assert everything == [sorted(batch) for batch in whole]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_batches_to_score_go_round(processes):
    lengths = torch.arange(30).numpy()
    shares = [list(LengthBatches(lengths, 4, False, world=World(rank, processes))) for rank in range(processes)]
    assert [len(part) for part in shares] == [
        len(LengthBatches(lengths, 4, False, world=World(rank, processes))) for rank in range(processes)
    ]
    assert sorted(clip for part in shares for batch in part for clip in batch) == list(range(30))
