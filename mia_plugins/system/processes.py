"""The processes that ``torchrun`` or ``accelerate launch`` started: who they are, and what they exchange.

Every process holds the whole model and its part of each batch. Outputs are gathered before the loss, so that the loss sees
the whole batch (batch mates are the negatives of a contrastive loss), and a step is the step that one process would
make. Without a launcher there is one process, and everything here does nothing.
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


class World(NamedTuple):
    """This process' ``rank`` (from 0) among ``world_size`` processes."""

    rank: int = 0
    world_size: int = 1


ALONE = World()


def launched() -> bool:
    """Whether a launcher started this process as one of several."""
    return os.environ.get("WORLD_SIZE", "1") not in ("", "1")


def local_gpu() -> str | None:
    """The number of this process' GPU on its machine; None where it was not launched or there is no GPU."""
    return os.environ.get("LOCAL_RANK") if launched() and torch.cuda.is_available() else None


def start(device: torch.device) -> None:
    """Joins the launched processes into a group; does nothing alone, or if they have already joined."""
    if launched() and not dist.is_initialized():
        if device.type == "cuda":
            torch.cuda.set_device(device)
        # Imported before there is a group: DistributedDataParallel would import it later, its functions' default
        # arguments would then hold the group for good, and the group's threads could abort the process at its end.
        importlib.import_module("torch.distributed.nn")
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def world() -> World:
    """This process' place; :data:`ALONE` where there is no group."""
    return World(dist.get_rank(), dist.get_world_size()) if dist.is_available() and dist.is_initialized() else ALONE


def no_bar() -> bool | None:
    """tqdm's ``disable``: only the first process shows a progress bar, and only on a terminal."""
    return True if world().rank else None


def vary_random_state(epochs: int) -> None:
    """Gives every process but the first its own random numbers, so that dropout differs; ``epochs`` are already done."""
    if world().rank:
        torch.manual_seed(torch.initial_seed() + world().rank + 1000 * epochs)


def parallel(model: nn.Module) -> nn.Module:
    """The model with gradients averaged over the processes in ``backward``; alone, the model itself."""
    if world().world_size == 1:
        return model
    # With a static graph, parameters that no output depends on (such as an unused pooler) are found once, at the first
    # step. A model whose graph changes from batch to batch says static_graph = False, and pays for a search at every step.
    static = getattr(model, "static_graph", True)
    return nn.parallel.DistributedDataParallel(
        model, static_graph=static, find_unused_parameters=not static, gradient_as_bucket_view=True
    )


def row_counts(tensor: Tensor) -> list[int]:
    """The number of rows of a tensor in each process."""
    if world().world_size == 1:
        return [len(tensor)]
    rows = torch.tensor([len(tensor)], device=tensor.device)
    counts = [torch.zeros_like(rows) for _ in range(world().world_size)]
    dist.all_gather(counts, rows)
    return torch.cat(counts).tolist()


def gather(tensor: Tensor, sizes: Sequence[int]) -> Tensor:
    """The rows ``(rows, ...)`` of all processes in the order of their ranks; gradients reach this process' rows.

    Those gradients are multiplied by the number of processes: :func:`parallel` averages over the processes, and each
    process only has its own rows' gradient of a loss that is the same in all of them.

    Args:
        tensor: this process' rows.
        sizes: of :func:`row_counts`.
    """
    rank, world_size = world()
    if world_size == 1:
        return tensor
    padded = tensor.new_zeros(max(sizes), *tensor.shape[1:])
    padded[: len(tensor)] = tensor.detach()
    parts = [torch.zeros_like(padded) for _ in sizes]
    dist.all_gather(parts, padded)
    parts = [part[:size] for part, size in zip(parts, sizes)]
    parts[rank] = tensor
    if tensor.requires_grad:
        parts[rank] = tensor.view_as(tensor)
        parts[rank].register_hook(lambda gradient: gradient * world_size)
    return torch.cat(parts)


def gather_output(output: Any, sizes: Sequence[int]) -> Any:
    """A model's output for the clips of all processes: the same named tuple, its tensors gathered, None left as it is."""
    if world().world_size == 1:
        return output
    return type(output)(*(gather(part, sizes) if isinstance(part, Tensor) else part for part in output))


def gather_batches(batches: Sequence[Any]) -> list[Any]:
    """The results of all processes for their batches (anything that pickles), in one list."""
    size = world().world_size
    if size == 1:
        return list(batches)
    parts: list[Any] = [None] * size
    dist.all_gather_object(parts, list(batches))
    return [batch for part in parts for batch in part]


def from_first(value: int) -> int:
    """The first process' value, in all of them."""
    if world().world_size == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


def same_weights(model: nn.Module) -> None:
    """Gives every process the first one's weights."""
    if world().world_size > 1:
        for tensor in model.state_dict().values():
            dist.broadcast(tensor, src=0)


def stop() -> None:
    """Leaves the group and ends its threads."""
    if dist.is_available() and dist.is_initialized():
        gc.collect()  # a wrapped model would keep the group alive
        dist.destroy_process_group()
