"""One training shared by several processes, as ``torchrun`` and ``accelerate launch`` start them.

Every process holds the whole model and a share of each batch. The outputs are gathered before the loss, so that it sees the
whole batch, batch mates as negatives included (Eq. 15), and a step is the same step as in one process. Without such
a launcher everything here does nothing.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn


class Share(NamedTuple):
    """Which of ``processes`` this is: ``rank`` from 0."""

    rank: int = 0
    processes: int = 1


WHOLE = Share()


def launched() -> bool:
    """Whether a launcher started this process as one of several."""
    return os.environ.get("WORLD_SIZE", "1") not in ("", "1")


def local_gpu() -> str | None:
    """The GPU of this process among those of its machine, if it was launched and there are any."""
    return os.environ.get("LOCAL_RANK") if launched() and torch.cuda.is_available() else None


def start(device: torch.device) -> None:
    """Joins the processes that the launcher started; alone, or where they have met already, does nothing."""
    if launched() and not dist.is_initialized():
        if device.type == "cuda":
            torch.cuda.set_device(device)
        # before there is a group: imported later (by DistributedDataParallel), its functions' defaults would hold the
        # group for good, and the group's threads, still at work while Python ends, now and then abort the process
        importlib.import_module("torch.distributed.nn")
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def share() -> Share:
    """This process' share; :data:`WHOLE` where it is alone."""
    return Share(dist.get_rank(), dist.get_world_size()) if dist.is_available() and dist.is_initialized() else WHOLE


def no_bar() -> bool | None:
    """tqdm's ``disable``: a progress bar in the first process alone, and there on a terminal."""
    return True if share().rank else None


def own_random_numbers(epochs: int) -> None:
    """Dropout of its own, after ``epochs``, in every process but the first, whose random numbers stay what they are."""
    if share().rank:
        torch.manual_seed(torch.initial_seed() + share().rank + 1000 * epochs)


def parallel(model: nn.Module) -> nn.Module:
    """The model with gradients averaged over the processes in ``backward``; alone, the model itself."""
    if share().processes == 1:
        return model
    # parameters that no output depends on (a pooler, say) are found at the first step, not looked for at each
    # gradients live in the memory they are sent from, so there is one copy of them
    return nn.parallel.DistributedDataParallel(model, static_graph=True, gradient_as_bucket_view=True)


def row_counts(tensor: Tensor) -> list[int]:
    """How many rows each process has of a tensor."""
    if share().processes == 1:
        return [len(tensor)]
    rows = torch.tensor([len(tensor)], device=tensor.device)
    counts = [torch.zeros_like(rows) for _ in range(share().processes)]
    dist.all_gather(counts, rows)
    return torch.cat(counts).tolist()


def gather(tensor: Tensor, sizes: Sequence[int]) -> Tensor:
    """The rows ``(rows, ...)`` of all processes, one after the other; gradients reach this process' own.

    They are multiplied by the number of processes: :func:`parallel` averages over the processes, and each has only its
    own rows' gradient of a loss that is the same in all. ``sizes``: :func:`row_counts`.
    """
    own = share()
    if own.processes == 1:
        return tensor
    padded = tensor.new_zeros(max(sizes), *tensor.shape[1:])
    padded[: len(tensor)] = tensor.detach()
    parts = [torch.zeros_like(padded) for _ in sizes]
    dist.all_gather(parts, padded)
    parts = [part[:size] for part, size in zip(parts, sizes)]
    parts[own.rank] = tensor
    if tensor.requires_grad:
        parts[own.rank] = tensor.view_as(tensor)
        parts[own.rank].register_hook(lambda gradient: gradient * own.processes)
    return torch.cat(parts)


def gather_output(output: Any, sizes: Sequence[int]) -> Any:
    """A model's output, a named tuple of tensors and None, for the clips of all processes."""
    if share().processes == 1:
        return output
    return type(output)(*(gather(part, sizes) if isinstance(part, Tensor) else part for part in output))


def gather_batches(batches: Sequence[Any]) -> list[Any]:
    """The results that every process has of its own batches (anything that pickles), all in one list."""
    own = share()
    if own.processes == 1:
        return list(batches)
    parts: list[Any] = [None] * own.processes
    dist.all_gather_object(parts, list(batches))
    return [batch for part in parts for batch in part]


def from_first(value: int) -> int:
    """The first process' value, in all of them."""
    if share().processes == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


def same_weights(model: nn.Module) -> None:
    """Gives all processes the first one's weights."""
    if share().processes > 1:
        for tensor in model.state_dict().values():
            dist.broadcast(tensor, src=0)


def stop() -> None:
    """Leaves the group, and ends its threads."""
    if dist.is_available() and dist.is_initialized():
        gc.collect()  # a wrapped model would keep the group alive
        dist.destroy_process_group()
