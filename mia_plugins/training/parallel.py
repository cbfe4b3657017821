"""One training by several processes: each computes its part of a batch, the loss sees all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

import torch
from torch import Tensor

from ..errors import UserError
from ..system.processes import gather, gather_batches, gather_output, parallel, row_counts, vary_random_state, world
from .loop import BatchLoss, Epoch, named
from .predict import Batch, forward


def shared_loss(model: Any, device: torch.device) -> Callable[[Batch], BatchLoss] | None:
    """What computes the loss of a batch over all processes; None where there is only this one."""
    if world().world_size == 1:
        return None
    wrapped = parallel(model)

    def loss_of(batch: Batch) -> BatchLoss:
        label_ids = batch["label_ids"].to(device)
        sizes = row_counts(label_ids)
        output = forward(wrapped, batch, device, training=True)
        check_rows(output, len(label_ids))
        return named(model.loss(gather_output(output, sizes), gather(label_ids, sizes))), sum(sizes)

    return loss_of


def check_rows(output: Any, rows: int) -> None:
    """Refuses an output that cannot be gathered.

    Raises:
        UserError: a field is a tensor without a row for each clip.
    """
    for name, part in zip(output._fields, output):
        if isinstance(part, Tensor) and (part.ndim == 0 or len(part) != rows):
            raise UserError(
                f"{type(output).__name__}.{name} has the shape {tuple(part.shape)}; over several processes every field "
                f"needs a row for each of the {rows} clips (compute what belongs to no single clip in `loss`)"
            )


def go_on_together(history: Sequence[Epoch]) -> None:
    """Checks that all processes found the same epochs, and gives each its own random numbers from here on.

    Raises:
        UserError: they did not.
    """
    if len(set(gather_batches([len(history)]))) > 1:
        raise UserError(
            "--resume: not every process finds the interrupted run; give all the same folder as --output_path"
        )
    vary_random_state(len(history))
