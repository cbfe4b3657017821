"""What learns, how fast and with what decay: the optimizer against AdamW written out number by number."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from mia_plugins.errors import UserError
from mia_plugins.training.optimizer import freeze_backbone, make_optimizer, parameter_groups
from mia_plugins.training.settings import TrainSettings


class Layered(nn.Module):
    """Shaped as a pre-trained encoder: layers under ``encoder.layer``."""

    def __init__(self, layers=3):
        super().__init__()
        self.embeddings = nn.Embedding(4, 3)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(nn.Linear(3, 3) for _ in range(layers))


class Model(nn.Module):
    """A pre-trained part, a part whose name only begins alike, and a new one."""

    pretrained = ("encoder",)

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))
        self.encoder_gate = nn.Linear(2, 2)
        self.classifier = nn.Linear(2, 4)


# what the settings' docstring promises: (learning rate over lr, whether weight decay applies)
EXPECTED = {
    "encoder.0.weight": (1, True),
    "encoder.0.bias": (1, False),
    "encoder.1.weight": (1, False),  # of a normalization
    "encoder.1.bias": (1, False),
    "encoder_gate.weight": (7, True),
    "encoder_gate.bias": (7, False),
    "classifier.weight": (7, True),
    "classifier.bias": (7, False),
}
SETTINGS = TrainSettings(lr=0.01, new_lr_factor=7, weight_decay=0.3, warmup_proportion=0.3)


def test_every_weight_learns_at_its_rate_and_decays_or_not():
    model = Model()
    names = {id(weight): name for name, weight in model.named_parameters()}
    groups = parameter_groups(model, SETTINGS)
    got = {names[id(w)]: (group["lr"], group["weight_decay"]) for group in groups for w in group["params"]}
    assert got == {name: (0.01 * factor, 0.3 if decays else 0) for name, (factor, decays) in EXPECTED.items()}
    assert sum(len(group["params"]) for group in groups) == len(EXPECTED)  # none twice


def test_frozen_weights_are_in_no_group():
    model = Model()
    model.encoder[0].requires_grad_(False)
    learning = {id(weight) for group in parameter_groups(model, SETTINGS) for weight in group["params"]}
    assert learning == {id(w) for name, w in model.named_parameters() if not name.startswith("encoder.0")}


# ten steps, of which three warm up: up by quarters, at the peak once, then down to zero
FACTORS = [1 / 4, 2 / 4, 3 / 4, 7 / 7, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7]


def test_ten_steps_are_those_of_adamw_written_out():
    torch.manual_seed(0)
    model = Model().double()
    rng = np.random.default_rng(0)
    weights = {name: weight.detach().numpy().copy() for name, weight in model.named_parameters()}
    means = {name: np.zeros_like(value) for name, value in weights.items()}
    squares = {name: np.zeros_like(value) for name, value in weights.items()}
    optimizer, scheduler = make_optimizer(model, SETTINGS, steps=10)
    for step in range(10):
        for name, weight in model.named_parameters():
            gradient = rng.normal(size=weight.shape)
            weight.grad = torch.from_numpy(gradient.copy())
            factor, decays = EXPECTED[name]
            rate = 0.01 * factor * FACTORS[step]
            means[name] = 0.9 * means[name] + 0.1 * gradient
            squares[name] = 0.999 * squares[name] + 0.001 * gradient**2
            mean, square = means[name] / (1 - 0.9 ** (step + 1)), squares[name] / (1 - 0.999 ** (step + 1))
            weights[name] = weights[name] * (1 - rate * 0.3 * decays) - rate * mean / (np.sqrt(square) + 1e-8)
        optimizer.step()
        scheduler.step()
        for name, weight in model.named_parameters():
            np.testing.assert_allclose(weight.detach(), weights[name], rtol=1e-9, atol=1e-12, err_msg=f"{name}, {step}")


@pytest.mark.parametrize(
    ("steps", "proportion", "factors"),
    [
        (4, 0, [1, 3 / 4, 2 / 4, 1 / 4]),
        (4, 1, [1 / 5, 2 / 5, 3 / 5, 4 / 5]),  # never at the peak, never above it
        (1, 0.1, [1]),
        (9, 0.1, [1, 8 / 9, 7 / 9, 6 / 9, 5 / 9, 4 / 9, 3 / 9, 2 / 9, 1 / 9]),  # a tenth of nine steps is none
    ],
)
def test_the_rate_over_a_training(steps, proportion, factors):
    settings = TrainSettings(lr=0.5, new_lr_factor=2, warmup_proportion=proportion)
    optimizer, scheduler = make_optimizer(Model(), settings, steps)
    for factor in factors:
        assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.5 * factor] * 2 + [factor] * 2)
        optimizer.step()
        scheduler.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0] * 4


def test_a_step_beyond_the_planned_ones_changes_nothing():
    model = Model()
    optimizer, scheduler = make_optimizer(model, SETTINGS, steps=2)
    for _ in range(4):
        before = [weight.detach().clone() for weight in model.parameters()]
        for weight in model.parameters():
            weight.grad = torch.ones_like(weight)
        optimizer.step()
        scheduler.step()
    assert all(torch.equal(weight, old) for weight, old in zip(model.parameters(), before))
    assert all(math.isfinite(value) for weight in model.parameters() for value in weight.flatten().tolist())


def test_freezing_leaves_the_last_layer_of_each_pre_trained_part():
    model = nn.Module()
    model.text, model.speech, model.head = Layered(3), Layered(2), nn.Linear(3, 2)
    model.pretrained = ("text", "speech")
    freeze_backbone(model)
    learning = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert learning == {
        *("text.encoder.layer.2.weight", "text.encoder.layer.2.bias"),
        *("speech.encoder.layer.1.weight", "speech.encoder.layer.1.bias"),
        *("head.weight", "head.bias"),
    }


def test_freezing_needs_a_pre_trained_part_with_layers():
    with pytest.raises(UserError, match="no pre-trained text encoder to freeze"):
        freeze_backbone(Model())
