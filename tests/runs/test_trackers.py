"""``--report_to``: what was told is read back from real event files, and from wandb's offline store."""

import json
import struct
import sys
from types import SimpleNamespace

import pytest
import torch

import mia_plugins
from mia_plugins.errors import UserError
from mia_plugins.runs import trackers
from mia_plugins.runs.tracking import Tracking
from mia_plugins.training.watched import Step

SETTINGS = {"num_train_epochs": 2, "train_batch_size": 16, "lr": 1e-3, "num_anchors": 3}


@pytest.fixture
def trained(data, backbone, tmp_path):
    """Trains A-MESS on the small data set."""

    def train(**more):
        where = {option: str(tmp_path / option) for option in ("output_path", "log_path", "results_path")}
        settings = {**SETTINGS, "sentence_encoder": str(backbone), **more.pop("set", {})}
        options = {"method": "amess", "dataset": "MIntRec2.0", "data_path": data, "text_backbone": backbone}
        return mia_plugins.run(**options, **where, train=True, set=settings, **more).runs[0]

    return train


def events(folder):
    """The scalars and pictures in a run's event files."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    read.Reload()
    scalars = {tag: [(event.step, event.value) for event in read.Scalars(tag)] for tag in read.Tags()["scalars"]}
    return scalars, read.Tags()["images"]


def test_tensorboard_and_hooks_see_what_the_run_keeps(trained):
    pytest.importorskip("tensorboard")
    pytest.importorskip("matplotlib")
    steps, epochs = [], []
    run = trained(
        report_to=["tensorboard"], modality_ablation=True, on_step=steps.append, on_epoch=epochs.append, seed=3
    )
    record = json.loads((run.folder / "run.json").read_text())
    scalars, pictures = events(run.folder)

    per_epoch = len(steps) // 2
    assert [step.number for step in steps] == list(range(1, 2 * per_epoch + 1))
    assert steps[0].lrs != steps[1].lrs
    assert [vars(epoch)["loss"] for epoch in epochs] == [epoch["loss"] for epoch in record["history"]]
    mean = sum(float(sum(step.terms.values())) * step.clips for step in steps[:per_epoch]) / 60
    assert mean == pytest.approx(epochs[0].loss, rel=1e-4)

    assert [step for step, _ in scalars["epoch/loss"]] == [per_epoch, 2 * per_epoch]
    assert [value for _, value in scalars["epoch/loss"]] == pytest.approx([epoch.loss for epoch in epochs])
    assert [value for _, value in scalars["dev/acc"]] == pytest.approx(
        [100 * epoch["score"] for epoch in record["history"]]
    )
    assert scalars["train/loss"][0] == (1, pytest.approx(float(sum(steps[0].terms.values()))))
    assert {f"train/{name}" for name in steps[0].terms} <= set(scalars)
    assert scalars["lr/group_0"][0][1] == pytest.approx(steps[0].lrs[0])
    assert scalars["test/acc"][0][1] == pytest.approx(record["metrics"]["acc"])
    rows = {(row["modality"], row["way"]): row for row in record["modality_ablation"]}
    assert scalars["ablation/video/noise/acc"][0][1] == pytest.approx(rows["video", "noise"]["acc"])
    assert pictures
    assert all(name.startswith("pictures/") for name in pictures)


def wandb_records(raw, block=1 << 15):
    """The records of an offline run's file: after 7 bytes a log as LevelDB has it, in blocks, long records in parts."""
    place, parts = 7, b""
    while place + 7 <= len(raw):
        if (left := block - place % block) < 7:
            place += left
            continue
        length, kind = struct.unpack("<HB", raw[place + 4 : place + 7])
        parts += raw[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield parts
            parts = b""


def test_wandb_offline(trained, monkeypatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    run = trained(report_to=["wandb"], set={"num_train_epochs": 1})
    (stored,) = run.folder.glob("wandb/offline-run-*/run-*.wandb")

    from wandb.proto import wandb_internal_pb2

    values = {}
    for raw in wandb_records(stored.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(raw)
        for item in record.history.item:
            values[item.key or "/".join(item.nested_key)] = json.loads(item.value_json)
    kept = json.loads((run.folder / "run.json").read_text())
    assert values["test/acc"] == pytest.approx(kept["metrics"]["acc"])
    assert values["epoch/loss"] == pytest.approx(kept["history"][0]["loss"])
    assert values["lr/group_0"] >= 0
    assert wandb.run is None


def test_a_run_that_goes_on_leaves_no_step_twice(tmp_path):
    pytest.importorskip("tensorboard")

    def steps(numbers):
        with Tracking(["tensorboard"], tmp_path, {"eval_monitor": "acc"}) as tracking:
            for number in numbers:
                tracking.on_step(Step(number, {"loss": torch.tensor(float(number))}, (0.1,), 4))

    steps(range(1, 70))
    steps(range(41, 82))  # the state of step 40 was the last one kept
    scalars, _ = events(tmp_path)
    assert [step for step, _ in scalars["train/loss"]] == [1, 20, 40, 41, 60, 80]


def test_pictures_that_fail_lose_nothing(tmp_path, caplog):
    pytest.importorskip("tensorboard")

    def fails(group, request):
        raise ValueError("no such\nthing")

    record = {"metrics": {"acc": 50.0, "f1": float("nan")}, "modality_ablation": None, "labels": ["a"]}
    (tmp_path / "clips.json").write_text("{}")
    with Tracking(["tensorboard"], tmp_path, {"eval_monitor": "acc"}) as tracking:
        tracking.on_made(record, [fails], {})
    assert "the trackers get no pictures: no such thing" in caplog.text
    assert set(events(tmp_path)[0]) == {"test/acc"}


def test_trackio_is_told_the_same(tmp_path, monkeypatch):
    told = []
    module = SimpleNamespace(
        init=lambda **options: told.append(options), log=lambda values, step: told.append((values, step)),
        finish=lambda: told.append("finished"), Image=lambda path: path,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "trackio", module)
    with Tracking(["trackio"], tmp_path / "run_0", {"eval_monitor": "acc"}) as tracking:
        tracking.on_step(Step(1, {"a": torch.tensor(1.0), "b": torch.tensor(2.0)}, (0.5,), 4))
    assert told == [
        {"project": "mia-plugins", "name": "run_0", "config": {"eval_monitor": "acc"}},
        ({"train/loss": 3.0, "train/a": 1.0, "train/b": 2.0, "lr/group_0": 0.5}, 1),
        "finished",
    ]


@pytest.mark.parametrize("name", trackers.NAMES)
def test_a_missing_package_names_the_extra_before_anything_is_trained(trained, monkeypatch, tmp_path, name):
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda package: None)
    with pytest.raises(UserError, match=rf'--report_to {name}: .* pip install "mia-plugins\[{name}\]"'):
        trained(report_to=[name])
    assert not (tmp_path / "output_path").exists()


def test_an_unknown_tracker_is_refused(trained):
    with pytest.raises(UserError, match="report_to='mlflow' should be one of tensorboard, wandb, trackio"):
        trained(report_to=["mlflow"])


def test_a_hook_may_end_a_training(trained):
    class Enough(Exception):
        pass

    def stop(step):
        if step.number == 2:
            raise Enough

    with pytest.raises(Enough):
        trained(on_step=stop)


def test_hooks_are_not_for_a_search(trained):
    with pytest.raises(UserError, match="on_epoch and on_step are for runs of their own"):
        trained(tune=True, set={"lr": [1e-3, 1e-4]}, on_step=print)
