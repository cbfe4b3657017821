"""Training and prediction loops; they know nothing of any one method, data set or host."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ..errors import UserError
from ..evaluation.predictions import Predictions
from ..plugin.settings import TrainSettings
from ..system.processes import (
    gather,
    gather_batches,
    gather_output,
    no_bar,
    parallel,
    row_counts,
    same_weights,
    vary_random_state,
)
from .checkpoints import Progress

Batch = Mapping[str, Tensor]


class Loader(Sized, Iterable[Batch], Protocol):
    """Batches with the hosts' keys, and how many."""


@dataclass
class Epoch:
    """One epoch's mean loss a clip and its score on dev."""

    number: int
    loss: float
    score: float


def forward(model: nn.Module, batch: Batch, device: torch.device) -> Any:
    """The model's output for a batch in the hosts' keys."""
    names = ("text_feats", "video_feats", "audio_feats", "video_lengths", "audio_lengths")
    return model(**{name: batch[name].to(device, non_blocking=True) for name in names if name in batch})


def autocast(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """The context that computes in ``precision``."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=getattr(torch, precision))


def make_optimizer(model: nn.Module, settings: TrainSettings, steps: int) -> tuple[Any, Any]:
    """AdamW with a linear warm-up and decay over ``steps``.

    Biases and normalization weights do not decay. What is not part of the pre-trained ``model.encoder`` learns at
    ``lr * new_lr_factor``.
    """
    groups = []
    for new in (False, True):
        for decays in (True, False):
            weights = [
                weight
                for name, weight in model.named_parameters()
                if weight.requires_grad and new != name.startswith("encoder.") and decays == (weight.ndim > 1)
            ]
            rate = settings.lr * (settings.new_lr_factor if new else 1.0)
            if weights:
                groups.append({"params": weights, "lr": rate, "weight_decay": settings.weight_decay * decays})
    try:
        optimizer = torch.optim.AdamW(groups, lr=settings.lr, fused=True)
    except (RuntimeError, TypeError):  # older torch has no fused step for this device; the others take twice as long
        optimizer = torch.optim.AdamW(groups, lr=settings.lr)
    warmup = int(steps * settings.warmup_proportion)

    def factor(step: int) -> float:
        return (step + 1) / (warmup + 1) if step < warmup else max(0.0, (steps - step) / max(1, steps - warmup))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def fit(
    model: Any,
    train: Loader,
    score: Callable[[nn.Module], float],
    *,
    settings: TrainSettings,
    device: torch.device,
    progress: Progress,
    report: Callable[[Epoch], None] = lambda epoch: None,
) -> list[Epoch]:
    """Trains until ``settings`` say stop, and leaves the best epoch's weights in the model.

    Args:
        model: on ``device``; see :class:`mia_plugins.plugin.method.Method` for what it offers.
        train: training batches, shuffled anew each epoch from torch's global random state.
        score: the dev score of the model as it stands; higher is better.
        settings: hyper-parameters.
        device: where the model lives.
        progress: keeps the best weights, and what a later run resumes from.
        report: called after every epoch.

    Raises:
        UserError: the loss is not finite.
    """
    if not len(train):
        raise UserError("there is no clip to train on")
    optimizer, scheduler = make_optimizer(model, settings, steps=len(train) * settings.num_train_epochs)
    state = {"optimizer": optimizer, "scheduler": scheduler}
    history = [Epoch(**epoch) for epoch in progress.resume(model, state)]
    if len(set(gather_batches([len(history)]))) > 1:
        raise UserError(
            "--resume: not every process finds the interrupted run; give all the same folder as --output_path"
        )
    vary_random_state(len(history))
    whole = parallel(model)  # of several processes; alone, the model itself

    def batch_loss(batch: Batch) -> Tensor:
        label_ids = batch["label_ids"].to(device)
        sizes = row_counts(label_ids)
        return model.loss(gather_output(forward(whole, batch, device), sizes), gather(label_ids, sizes))

    for number in range(len(history) + 1, settings.num_train_epochs + 1):
        if progress.waited(history) >= settings.wait_patience:
            break
        loss = train_epoch(
            model, train, optimizer, scheduler, number, settings=settings, device=device, batch_loss=batch_loss
        )
        history.append(Epoch(number, loss, score(model)))
        progress.save(model, state, [vars(epoch) for epoch in history])
        report(history[-1])
    progress.restore_best(model)
    same_weights(model)
    return history


def train_epoch(
    model: Any,
    train: Loader,
    optimizer: Any,
    scheduler: Any,
    number: int,
    *,
    settings: TrainSettings,
    device: torch.device,
    batch_loss: Callable[[Batch], Tensor] | None = None,
) -> float:
    """One pass over the training batches; returns the mean loss a clip.

    Args:
        model, train, settings, device: as in :func:`fit`.
        optimizer, scheduler: of :func:`make_optimizer`.
        number: the epoch's, for the progress bar.
        batch_loss: the loss of a batch; None: the model's own.
    """

    def own_loss(batch: Batch) -> Tensor:
        return model.loss(forward(model, batch, device), batch["label_ids"].to(device))

    model.train()
    total, clips = torch.zeros((), device=device), 0
    bar = tqdm(train, desc=f"epoch {number}/{settings.num_train_epochs}", unit="step", leave=False, disable=no_bar())
    for step, batch in enumerate(bar):
        with autocast(settings.precision, device):
            loss = (batch_loss or own_loss)(batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if settings.grad_clip:
            nn.utils.clip_grad_norm_(model.parameters(), settings.grad_clip)
        optimizer.step()
        scheduler.step()
        count = len(batch["label_ids"])
        total, clips = total + loss.detach() * count, clips + count
        if step % 20 == 0 or step + 1 == len(train):  # reading the loss waits for the device: not at every step
            check_finite(total, number, step)
            bar.set_postfix(loss=f"{float(total) / clips:.3f}", refresh=False)
    return float(total) / clips


def check_finite(total: Tensor, epoch: int, step: int) -> None:
    """Stops a training whose loss is lost."""
    if not torch.isfinite(total):
        raise UserError(f"the loss is {float(total)} at epoch {epoch}, step {step}; lower lr, or use precision=float32")


@torch.inference_mode()
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
        collect: takes the results of this process' batches and returns those of all processes'.
    """
    model.eval()
    parts, clips = [], 0
    for batch in tqdm(loader, desc=what or "scoring", unit="batch", leave=False, disable=no_bar()):
        with autocast(precision, device):
            output = forward(model, batch, device)
        label_ids = batch["label_ids"]
        index = batch.get("index", torch.arange(clips, clips + len(label_ids)))
        parts.append((output.logits.float().cpu(), output.features.float().cpu(), label_ids, index))
        clips += len(label_ids)
    *values, index = (torch.cat(part) for part in zip(*collect(parts)))
    order = index.argsort()
    return Predictions(*(value[order].numpy() for value in values))
