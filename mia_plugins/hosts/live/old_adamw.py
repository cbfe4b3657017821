"""The AdamW that transformers had until version 4, for hosts' methods on transformers 5."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.optim import Optimizer


class AdamW(Optimizer):
    """Adam with decoupled weight decay.

    The hosts ask for ``correct_bias=False``, which torch's own has no word for: without it the first steps are larger,
    and their methods would train differently than on the packages they were written for.

    Args:
        params: as in every torch optimizer.
        lr, betas, eps, weight_decay: as in Adam; epsilon is added to the root of the second moment.
        correct_bias: divide the moments by how much of them has built up.
        no_deprecation_warning: accepted.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        correct_bias: bool = True,
        no_deprecation_warning: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "correct_bias": correct_bias,
        }
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """One step; returns the closure's loss."""
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self.update(weight, group)
        return loss

    def update(self, weight: torch.Tensor, group: dict[str, Any]) -> None:
        """Moves one tensor."""
        state, (beta1, beta2) = self.state[weight], group["betas"]
        if not state:
            state.update(step=0, first=torch.zeros_like(weight), second=torch.zeros_like(weight))
        state["step"] += 1
        state["first"].mul_(beta1).add_(weight.grad, alpha=1 - beta1)
        state["second"].mul_(beta2).addcmul_(weight.grad, weight.grad, value=1 - beta2)
        rate = group["lr"]
        if group["correct_bias"]:
            rate *= math.sqrt(1 - beta2 ** state["step"]) / (1 - beta1 ** state["step"])
        weight.addcdiv_(state["first"], state["second"].sqrt().add_(group["eps"]), value=-rate)
        if group["weight_decay"]:
            weight.add_(weight, alpha=-group["lr"] * group["weight_decay"])
