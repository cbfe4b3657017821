"""The training loop; it knows nothing of any one method, data set or host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

import torch
from torch import Tensor, nn

from ..errors import UserError
from ..system.progress import progress_bar
from .predict import Batch, Loader, autocast, forward
from .settings import TrainSettings


@dataclass
class Epoch:
    """One epoch: its mean loss per clip, its score on dev, and the mean of each named term of the loss."""

    number: int
    loss: float
    score: float
    terms: dict[str, float] = field(default_factory=dict)


#: the loss of a batch: scalars by name, to be added up, and the number of clips they cover
BatchLoss = tuple[Mapping[str, Tensor], int]


def named(losses: Tensor | Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """What a model's ``loss`` returned, as terms by name."""
    return {"loss": losses} if isinstance(losses, Tensor) else losses


def batch_loss(model: Any, batch: Batch, device: torch.device) -> BatchLoss:
    """The model's loss of a batch."""
    label_ids = batch["label_ids"].to(device)
    return named(model.loss(forward(model, batch, device, training=True), label_ids)), len(label_ids)


def fit(
    model: Any,
    train: Loader,
    score: Callable[[Any], float],
    optimizer: Any,
    scheduler: Any,
    *,
    settings: TrainSettings,
    device: torch.device,
    history: list[Epoch] | None = None,
    after_epoch: Callable[[list[Epoch]], None] = lambda history: None,
    loss_of: Callable[[Batch], BatchLoss] | None = None,
) -> list[Epoch]:
    """Trains epoch by epoch until ``settings`` say stop; the model ends with the last epoch's weights.

    Args:
        model: on ``device``; see :class:`mia_plugins.plugin.method.Model`.
        train: training batches, shuffled anew each epoch from torch's global random state.
        score: the dev score of the model as it stands; higher is better.
        optimizer, scheduler: the scheduler is stepped once per batch.
        settings: hyper-parameters.
        device: where the model lives.
        history: epochs that were trained before; the list grows.
        after_epoch: called after every epoch with all of them; keeps the best weights. What it raises ends the training.
        loss_of: the loss of a batch; None: :func:`batch_loss`.

    Returns:
        All epochs.

    Raises:
        UserError: there is no clip to train on, or the loss is not finite.
    """
    if not len(train):
        raise UserError("there is no clip to train on")
    history = [] if history is None else history
    for number in range(len(history) + 1, settings.num_train_epochs + 1):
        if epochs_since_best(history) >= settings.wait_patience:
            break
        terms = train_epoch(
            model, train, optimizer, scheduler, number, settings=settings, device=device, loss_of=loss_of
        )
        history.append(Epoch(number, sum(terms.values()), score(model), terms if len(terms) > 1 else {}))
        after_epoch(history)
    return history


def epochs_since_best(history: list[Epoch]) -> int:
    """Epochs since the (first) best one.

    >>> epochs_since_best([Epoch(1, 0.0, 0.5), Epoch(2, 0.0, 0.7), Epoch(3, 0.0, 0.7)])
    1
    """
    scores = [epoch.score for epoch in history]
    return len(scores) - 1 - scores.index(max(scores)) if scores else 0


def train_epoch(
    model: Any,
    train: Loader,
    optimizer: Any,
    scheduler: Any,
    number: int,
    *,
    settings: TrainSettings,
    device: torch.device,
    loss_of: Callable[[Batch], BatchLoss] | None = None,
) -> dict[str, float]:
    """One pass over the training batches; arguments as in :func:`fit`, and the epoch's ``number``.

    Returns:
        The mean per clip of each term of the loss.
    """
    model.train()
    totals: dict[str, Tensor] = {}
    clips = 0
    bar = progress_bar(train, desc=f"epoch {number}/{settings.num_train_epochs}", unit="step", leave=False)
    for step, batch in enumerate(bar):
        batch = drop_modalities(batch, settings.modality_dropout)
        with autocast(settings.precision, device):
            terms, count = loss_of(batch) if loss_of else batch_loss(model, batch, device)
        loss: Any = sum(terms.values())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if settings.grad_clip:
            nn.utils.clip_grad_norm_(model.parameters(), settings.grad_clip)
        optimizer.step()
        scheduler.step()
        for name, term in terms.items():
            totals[name] = totals.get(name, 0) + term.detach().float() * count
        clips += count
        if step % 20 == 0 or step + 1 == len(train):  # not at every step, as a look at the loss waits for the device
            check_finite(totals, number, step)
            bar.set_postfix(loss=f"{sum(map(float, totals.values())) / clips:.3f}", refresh=False)
    return {name: float(total) / clips for name, total in totals.items()}


def drop_modalities(batch: Batch, probability: float) -> Batch:
    """The batch with some clips' video and audio missing, drawn from torch's global random state.

    Each clip loses its video with this probability, and independently its audio. The frames stay where they are, as
    padding. With a probability of 0 nothing is drawn.
    """
    if not probability:
        return batch
    dropped = dict(batch)
    for name in ("video_lengths", "audio_lengths"):
        if name in batch:  # some hosts give a method of the text alone no frames
            lengths = batch[name]
            dropped[name] = lengths.masked_fill(torch.rand(lengths.shape) < probability, 0)
    return dropped


def check_finite(totals: Mapping[str, Tensor], epoch: int, step: int) -> None:
    """Stops a training whose loss is no longer finite.

    Raises:
        UserError: a term is not finite; names it.
    """
    for name, total in totals.items():
        if not torch.isfinite(total):
            term = "" if name == "loss" else f" ({name})"
            raise UserError(
                f"the loss{term} is {float(total)} at epoch {epoch}, step {step}; lower lr, or use precision=float32"
            )
