"""What training must do: finite losses, gradients everywhere, and the same result however it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from ..errors import UserError
from ..system.devices import set_seed
from ..training.arguments import RunArguments
from ..training.checkpoints import load_checkpoint, save_checkpoint
from ..training.loading import make_loaders
from ..training.loop import named
from ..training.manager import Manager
from ..training.optimizer import freeze_backbone, is_pretrained
from ..training.predict import autocast, forward
from ..training.settings import TrainSettings
from .plugin import CPU, PluginTests, without_dropout
from .tiny import TEXT_LENGTH, tiny_tokenizer

# places of training clips: 0 to 14 are in scope with the labels in turn, 15 to 18 out of scope
ODD = {"one clip": [3], "one label": [0, 5, 10], "all out of scope": [15, 16, 17, 18], "mixed": [0, 16, 3, 1]}
RATE = 1e-2


class Interrupted(Exception):
    """Ends a training early."""


class LearningTests(PluginTests):
    """Losses, gradients, several processes, freezing, resuming, saving."""

    @pytest.mark.parametrize("ood_class", [True, False], ids=["one more class", "outlier exposure"])
    @pytest.mark.parametrize("places", ODD.values(), ids=ODD)
    def test_odd_batches_give_finite_losses_and_gradients(self, places, ood_class):
        model = self.prepare(self.build(ood_class=ood_class)).train()
        terms = self.losses(model, self.training_batch(places))
        for name, term in terms.items():
            assert isinstance(term, Tensor), f"{name} is a {type(term).__name__}"
            assert term.ndim == 0, f"{name} has the shape {tuple(term.shape)}; a term is a scalar"
            assert torch.isfinite(term), f"{name} is {term.item()}"
        assert set(terms) == set(self.losses(model, self.training_batch())), "the terms' names depend on the batch"
        total(terms).backward()
        broken = [name for name, weight in gradients(model) if weight is not None and not torch.isfinite(weight).all()]
        assert broken == [], "gradients that are not finite"

    def test_bfloat16_trains(self):
        model = self.prepare(self.build()).train()
        with autocast("bfloat16", CPU):
            loss = total(self.losses(model, self.training_batch()))
        loss.backward()
        assert torch.isfinite(loss)
        assert all(torch.isfinite(weight).all() for _, weight in gradients(model) if weight is not None)

    def test_every_parameter_learns(self):
        model = self.prepare(self.build()).train()
        optimizer, silent = torch.optim.AdamW(model.parameters(), lr=RATE), {name for name, _ in learning(model)}
        for start in range(4):  # a gate that starts at zero opens with the first step
            optimizer.zero_grad()
            batch = self.training_batch([(start * 4 + i) % 19 for i in range(8)])
            total(self.losses(model, batch)).backward()
            silent -= {name for name, gradient in gradients(model) if gradient is not None and gradient.any()}
            optimizer.step()
        silent = {name for name in silent if not name.startswith(tuple(self.idle))}
        assert silent == set(), "no gradient reaches them; remove them, or name them in `idle` with the reason"

    def test_the_order_of_a_batch_does_not_change_its_loss(self):
        model = self.without_randomness()
        places = [0, 1, 2, 5, 15, 8, 3]
        self.assert_same_terms(
            self.losses(model, self.training_batch(places)), self.losses(model, self.training_batch(places[::-1]))
        )

    def test_two_processes_compute_the_loss_of_one(self):
        model = self.without_randomness()
        places = [0, 1, 2, 5, 15, 8, 3]
        parts = [self.training_batch(places[rank::2]) for rank in (0, 1)]
        outputs = [forward(model, part, CPU, training=True) for part in parts]
        # what mia_plugins.system.processes.gather_output makes of them
        fields = [None if pair[0] is None else torch.cat(pair) for pair in zip(*outputs)]
        label_ids = torch.cat([part["label_ids"] for part in parts])
        apart = named(model.loss(type(outputs[0])(*fields), label_ids))
        self.assert_same_terms(apart, self.losses(model, self.training_batch(places[::2] + places[1::2])))

    def without_randomness(self) -> Any:
        """A model in training mode that draws no random numbers; skips where it still does."""
        model = without_dropout(self.prepare(self.build()))
        first, second = (self.losses(model, self.training_batch()) for _ in range(2))
        if any(not self.close(first[name], second[name]) for name in first):
            pytest.skip("draws random numbers beside those of dropout modules, so two losses cannot be compared")
        return model

    def assert_same_terms(self, left: Any, right: Any) -> None:
        """Two losses with equal terms."""
        assert set(left) == set(right)
        for name in left:
            assert self.close(left[name], right[name]), f"{name}: {left[name].item()} and {right[name].item()}"

    def test_freezing_leaves_the_last_pretrained_layer_to_learn(self):
        model = self.prepare(self.build())
        try:
            freeze_backbone(model)
        except UserError as reason:
            pytest.skip(str(reason))
        before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
        frozen = {name for name, weight in model.named_parameters() if not weight.requires_grad}
        optimizer = torch.optim.AdamW([weight for _, weight in learning(model)], lr=RATE)
        total(self.losses(model.train(), self.training_batch())).backward()
        optimizer.step()
        moved = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
        assert not moved & frozen
        assert any(is_pretrained(model, name) for name in moved), "nothing pre-trained learns"
        assert any(not is_pretrained(model, name) for name in moved), "nothing new learns"

    def test_training_two_models_keeps_them_apart(self):
        first, second = self.ready(), self.ready(seed=1)
        want = self.score(first, self.scored_batch()).logits
        optimizer = torch.optim.AdamW(second.parameters(), lr=RATE)
        total(self.losses(second.train(), self.training_batch())).backward()
        optimizer.step()
        assert torch.equal(self.score(first, self.scored_batch()).logits, want), "two models share something"

    def test_a_saved_model_scores_the_same(self, tmp_path):
        trained = self.ready(seed=1)
        optimizer = torch.optim.AdamW(trained.parameters(), lr=RATE)
        total(self.losses(trained.train(), self.training_batch())).backward()
        optimizer.step()
        save_checkpoint(self.prepare(trained), tmp_path, {})
        want = self.score(trained.eval(), self.scored_batch()).logits
        for weights in (None, str(tmp_path / "model.safetensors")):  # built anew, and for just these weights
            restored = self.build(seed=2, weights=weights)
            load_checkpoint(restored, tmp_path, {})
            got = self.score(restored.eval(), self.scored_batch()).logits
            assert torch.equal(got, want), "what prepare fills is not saved: keep it in persistent buffers or a Bank"

    def test_a_resumed_training_ends_as_an_uninterrupted_one(self, tmp_path):
        def stop(epoch: Any) -> None:
            raise Interrupted

        straight, history = self.train(tmp_path / "straight")
        with pytest.raises(Interrupted):
            self.train(tmp_path / "resumed", on_epoch=stop)
        resumed, resumed_history = self.train(tmp_path / "resumed", resume=True)
        assert resumed_history == history
        assert same_weights(resumed, straight)

    def train(self, folder: Any, **options: Any) -> tuple[Any, list[Any]]:
        """Two epochs by the method's manager; returns the model and the epochs."""
        settings = TrainSettings(num_train_epochs=2, train_batch_size=4, eval_batch_size=4, lr=1e-3)
        loaders = make_loaders(self.data, tiny_tokenizer(), TEXT_LENGTH, settings, 0, CPU)
        args = RunArguments(
            method=self.method,
            settings=settings,
            num_labels=len(self.labels),
            device=CPU,
            identity={},
            train=True,
            model_output_path=folder,
            resume_path=folder / "resume",
            test_mode="ood_cls",
            **options,
        )
        model = self.build()
        set_seed(0)
        return model, (self.method.manager or Manager)(args, loaders, model)._train(args)


def total(terms: Mapping[str, Tensor]) -> Tensor:
    """The loss of all terms."""
    return torch.stack(list(terms.values())).sum()


def learning(model: Any) -> list[tuple[str, Tensor]]:
    """The parameters that learn."""
    return [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]


def gradients(model: Any) -> list[tuple[str, Any]]:
    """The gradient of each parameter that learns, None where there is none."""
    return [(name, weight.grad) for name, weight in learning(model)]


def same_weights(left: Any, right: Any) -> bool:
    """Equal to the last bit."""
    state = right.state_dict()
    return all(torch.equal(value, state[name]) for name, value in left.state_dict().items())
