"""A model's predictions for every clip of a loader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Callable, Protocol

import torch
from torch import Tensor, nn

from ..evaluation.predictions import Predictions
from ..system.progress import progress_bar

Batch = Mapping[str, Tensor]


class Loader(Sized, Iterable[Batch], Protocol):
    """Batches (see :mod:`mia_plugins.plugin.method`), and how many."""


def forward(model: nn.Module, batch: Batch, device: torch.device, training: bool = False) -> Any:
    """The model's output for a batch; the labels are shown to it in training only."""
    hidden = ("index",) if training else ("index", "label_ids")  # the index restores the order of the predictions
    return model({key: value.to(device, non_blocking=True) for key, value in batch.items() if key not in hidden})


def unlabelled(loader: Iterable[Batch]) -> Iterator[Batch]:
    """The batches without the clips' labels."""
    return ({key: value for key, value in batch.items() if key not in ("index", "label_ids")} for batch in loader)


def autocast(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """The context that computes in ``precision``."""
    return nullcontext() if precision == "float32" else torch.autocast(device.type, dtype=getattr(torch, precision))


@torch.inference_mode()
def outputs(
    model: nn.Module, loader: Loader, *, device: torch.device, precision: str, what: str = "scoring"
) -> Iterator[tuple[Batch, Any]]:
    """Each batch with the model's output for it, which does not see the labels.

    Args:
        model: on ``device``.
        loader: the clips.
        device: where to compute.
        precision: float32 or bfloat16.
        what: names the progress bar.
    """
    model.eval()
    for batch in progress_bar(loader, desc=what, unit="batch", leave=False):
        with autocast(precision, device):
            output = forward(model, batch, device)
        yield batch, output


def predict(
    model: nn.Module,
    loader: Loader,
    *,
    device: torch.device,
    precision: str = "float32",
    what: str | None = None,
    collect: Callable[[list[Any]], list[Any]] = list,
) -> Predictions:
    """Scores every clip of a loader.

    Where batches say each clip's place in the split (``index``), the predictions are in that order.

    Args:
        model: on ``device``.
        loader: the clips.
        device: where to compute.
        precision: float32 or bfloat16.
        what: names the progress bar.
        collect: takes the results of this process' batches and returns those of all processes.
    """
    parts, clips = [], 0
    for batch, output in outputs(model, loader, device=device, precision=precision, what=what or "scoring"):
        label_ids = batch["label_ids"]
        index = batch.get("index", torch.arange(clips, clips + len(label_ids)))
        fields = [output.logits, output.features, getattr(output, "sentence", None)]
        logits, features, *sentence = (each.float().cpu() for each in fields if each is not None)
        parts.append((index, logits, features, label_ids, *sentence))
        clips += len(label_ids)
    index, *values = (torch.cat(part) for part in zip(*collect(parts)))
    order = index.argsort()
    return Predictions(*(value[order].numpy() for value in values))
