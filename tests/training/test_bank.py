"""A bank of training clips is saved and loaded with the weights, whatever its size."""

import pytest
import torch
from torch import nn

from mia_plugins.errors import UserError
from mia_plugins.nn.bank import Bank
from mia_plugins.training.checkpoints import load_weights, save_weights


class Model(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.layer = nn.Linear(width, 2)
        self.bank = Bank("keys", "labels")


def test_another_model_gets_it_whole(tmp_path):
    trained, restored = Model(), Model()
    trained.bank.fill(keys=torch.randn(5, 3), labels=torch.arange(5))
    save_weights(trained, tmp_path / "weights")
    load_weights(restored, tmp_path / "weights")
    by_torch = Model()
    by_torch.load_state_dict(trained.state_dict())  # as the hosts do it
    for model in (restored, by_torch):
        assert len(model.bank) == 5
        assert torch.equal(model.bank.keys, trained.bank.keys)
        assert model.bank.labels.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    trained.bank.fill(keys=torch.zeros(2, 3), labels=torch.zeros(2))
    save_weights(trained, tmp_path / "smaller")
    with pytest.raises(UserError, match=r"bank.keys has the shape \(2, 3\) where this model has \(5, 3\)"):
        load_weights(restored, tmp_path / "smaller")  # a filled one is another training's


def test_weights_of_other_sizes_are_still_refused(tmp_path):
    save_weights(Model(), tmp_path / "weights")
    with pytest.raises(UserError, match="layer.weight has the shape"):
        load_weights(Model(width=4), tmp_path / "weights")


def test_it_is_filled_by_its_names():
    with pytest.raises(ValueError, match="a bank of keys, labels cannot be filled with keys"):
        Bank("keys", "labels").fill(keys=torch.zeros(1))
