"""The seed reaches every random generator in use."""

import random

import numpy as np
import pytest
import torch

from mia_plugins.system.devices import set_seed

DRAWS = {
    "random": random.random,
    "numpy": np.random.random,
    "torch": lambda: torch.rand(1).item(),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_repeats_and_another_one_does_not(name):
    draws = []
    for seed in (3, 3, 4):
        DRAWS[name]()  # whatever was drawn before
        set_seed(seed)
        draws.append([DRAWS[name]() for _ in range(3)])
    assert draws[0] == draws[1]
    assert not set(draws[0]) & set(draws[2])


def test_algorithms_that_differ_from_run_to_run_are_off(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    set_seed(0)
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark
