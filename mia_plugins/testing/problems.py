"""Several labels a clip, and numbers: every method learns them, too."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ..data.problem import Problem
from ..errors import UserError
from ..training.predict import forward
from .learning import gradients, total
from .plugin import CPU, PluginTests, without_dropout

PROBLEMS: dict[str, tuple[Problem, str]] = {
    "several labels": ("multi-label", ""),
    "sentiment": ("regression", "sentiment"),
    "another number": ("regression", "height"),  # its degrees have no names
}
# places of training clips; of several labels the clips 6 and 13 have none
ODD = ([3], [6, 13], [6, 1], [0, 5, 10], [0, 6, 3, 1, 8, 2, 14])
STEPS, RATE = 6, 1e-2


class ProblemTests(PluginTests):
    """Finite losses of odd batches, logits of the right form, and a loss that falls.

    A method for some problems only says so in its ``check``, by a :class:`UserError`; the others are skipped.
    """

    @pytest.mark.parametrize("problem", PROBLEMS)
    def test_other_problems_are_learned(self, problem):
        self.problem, self.number = PROBLEMS[problem]
        try:
            model = without_dropout(self.prepare(self.build()))
        except UserError as reason:  # of the method's check
            pytest.skip(str(reason))
        for places in ODD:
            terms = self.losses(model, self.training_batch(places))
            assert all(isinstance(term, Tensor) and term.ndim == 0 for term in terms.values()), "a term is a scalar"
            assert all(torch.isfinite(term) for term in terms.values()), f"clips {places}: {terms}"
            model.zero_grad()
            total(terms).backward()
            grads = [grad for _, grad in gradients(model) if grad is not None]
            assert all(torch.isfinite(grad).all() for grad in grads), f"clips {places}: gradients that are not finite"
        batch = self.training_batch(ODD[-1])
        output = forward(model, batch, CPU, training=True)
        assert output.logits.shape == (len(ODD[-1]), len(self.task_labels)), "the logits have task.num_classes columns"
        optimizer, losses = torch.optim.Adam([w for w in model.parameters() if w.requires_grad], lr=RATE), []
        for _ in range(STEPS):
            loss = total(self.losses(model, batch))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert min(losses[1:]) < losses[0], f"the loss does not fall: {losses}; use mia_plugins.nn.losses.task_loss"
