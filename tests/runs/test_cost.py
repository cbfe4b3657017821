"""What a run cost, against numbers worked out by hand."""

import numpy as np
import pytest
import torch

import mia_plugins
from mia_plugins.runs import once
from mia_plugins.runs.records import run_cost
from mia_plugins.system.memory import PeakMemory


def test_rates_and_parameters():
    model = torch.nn.Linear(3, 2)  # six weights and two biases
    cost = run_cost(model, trained=(120, 4.0), tested=(50, 0.25), peak_mib=12.345)
    assert cost == {
        "parameters": 8,
        "train_clips_per_second": 30.0,
        "test_clips_per_second": 200.0,
        "peak_memory_mib": 12.3,
    }


def test_what_is_not_known_is_left_out():
    cost = run_cost(torch.nn.Linear(1, 1), trained=(0, 0.0), tested=(5, 0.0), peak_mib=None)
    assert [name for name, value in cost.items() if value is None] == [
        "train_clips_per_second",
        "test_clips_per_second",
        "peak_memory_mib",
    ]


def test_the_peak_is_that_of_the_stretch_alone():
    first = PeakMemory(torch.device("cpu"))
    if first.mib() is None:
        pytest.skip("this system does not tell")
    before = first.mib()
    held = np.ones(64 * 2**20 // 8)  # 64 MiB
    assert first.mib() - before > 60
    del held
    again = PeakMemory(torch.device("cpu"))
    assert again.mib() < first.mib() or again.mib() - before < 30  # the memory given back no longer counts


def test_epochs_of_before_an_interruption_do_not_count(data, backbone, tmp_path, monkeypatch):
    options = {name: str(tmp_path / name) for name in ("output_path", "log_path", "results_path")}
    options |= {"method": "text", "data_path": data, "text_backbone": backbone, "train": True, "train_ood": True}
    options["set"] = {"num_train_epochs": 3, "lr": 1e-3}
    seen, real = [], once.run_cost
    monkeypatch.setattr(once, "run_cost", lambda model, **given: seen.append(given) or real(model, **given))
    with monkeypatch.context() as broken:
        broken.setattr(once.Manager, "_report", interrupt)
        with pytest.raises(KeyboardInterrupt):
            mia_plugins.run(**options)
    mia_plugins.run(**options, resume=True)
    (given,) = seen
    assert given["trained"][0] == 2 * (60 + 8)  # two epochs of the in-scope and the out-of-scope clips
    assert given["tested"][0] == 60


def interrupt(manager, epoch):
    raise KeyboardInterrupt
