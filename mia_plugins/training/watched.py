"""What a hook sees of a training step, taken from the loss on its way to the loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from .loop import BatchLoss
from .predict import Batch


@dataclass(frozen=True)
class Step:
    """One step, just before the weights change.

    Attributes:
        number: from 1 on, over all epochs.
        terms: the batch's loss by term, scalars on the device; ``float(term)`` waits for a GPU.
        lrs: the learning rates of the optimizer's groups of weights.
        clips: in the batch, those of all processes.
    """

    number: int
    terms: Mapping[str, Tensor]
    lrs: tuple[float, ...]
    clips: int


def watched(
    loss_of: Callable[[Batch], BatchLoss], optimizer: Any, on_step: Callable[[Step], None], done: int
) -> Callable[[Batch], BatchLoss]:
    """A loss that also tells a hook of every step.

    Args:
        loss_of: the loss.
        optimizer: of the training.
        on_step: the hook; what it raises ends the training.
        done: steps before this one.
    """
    number = done

    def loss(batch: Batch) -> BatchLoss:
        nonlocal number
        number += 1
        terms, clips = loss_of(batch)
        lrs = tuple(float(group["lr"]) for group in optimizer.param_groups)
        on_step(Step(number, {name: term.detach() for name, term in terms.items()}, lrs, clips))
        return terms, clips

    return loss
