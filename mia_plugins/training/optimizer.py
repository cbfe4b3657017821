"""Which weights learn, and how fast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from ..errors import UserError
from .settings import TrainSettings


def is_pretrained(model: Any, name: str) -> bool:
    """Whether a parameter is pre-trained, by the prefixes in ``model.pretrained``."""
    return any(name.startswith(f"{prefix}.") for prefix in model.pretrained)


def parameter_groups(model: Any, settings: TrainSettings) -> list[dict[str, Any]]:
    """The parameters that learn, in up to four groups: pre-trained or new, with weight decay or without.

    Pre-trained ones learn at ``lr``, new ones at ``lr * new_lr_factor``. Vectors (biases, normalizations) do not decay.
    """
    groups: dict[tuple[bool, bool], list[Any]] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            groups.setdefault((not is_pretrained(model, name), weight.ndim < 2), []).append(weight)
    rates, decays = (settings.lr, settings.lr * settings.new_lr_factor), (settings.weight_decay, 0.0)
    return [
        {"params": weights, "lr": rates[new], "weight_decay": decays[vector]}
        for (new, vector), weights in sorted(groups.items())
    ]


def make_optimizer(model: Any, settings: TrainSettings, steps: int) -> tuple[Any, Any]:
    """AdamW over :func:`parameter_groups`, with a linear warm-up and a linear decay to zero.

    Args:
        model: has ``pretrained``.
        settings: reads ``lr, new_lr_factor, weight_decay, warmup_proportion``.
        steps: of the whole training; the scheduler takes one after each.

    Returns:
        The optimizer and the scheduler.
    """
    groups = parameter_groups(model, settings)
    try:
        optimizer = torch.optim.AdamW(groups, lr=settings.lr, fused=True)
    except (RuntimeError, TypeError):  # an older torch has no fused step for this device
        optimizer = torch.optim.AdamW(groups, lr=settings.lr)
    warmup = int(steps * settings.warmup_proportion)

    def factor(step: int) -> float:
        return (step + 1) / (warmup + 1) if step < warmup else max(0.0, (steps - step) / max(1, steps - warmup))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def freeze_backbone(model: Any) -> None:
    """Leaves only the last layer of each pre-trained part to learn, as the benchmarks' option does.

    Raises:
        UserError: the model has no pre-trained part with layers.
    """
    frozen = False
    for prefix in model.pretrained:
        part = model.get_submodule(prefix)
        layers = list(transformer_layers(part))
        if layers:
            part.requires_grad_(False)
            layers[-1].requires_grad_(True)
            frozen = True
    if not frozen:
        raise UserError("--freeze_backbone_parameters: this model has no pre-trained text encoder to freeze")


def transformer_layers(part: Any) -> Iterator[nn.Module]:
    """The layers of a BERT-like encoder."""
    yield from getattr(getattr(part, "encoder", None), "layer", ())
