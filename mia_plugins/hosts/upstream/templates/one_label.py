"""Labels where every clip has one; see :mod:`mia_plugins.nn.labels`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def label_names(task: Any) -> Sequence[str]:
    """The names of a task's labels."""
    return task.labels


def in_scope(label_ids: Tensor, num_labels: int) -> Tensor:
    """Which clips have a label: not those out of scope."""
    return label_ids < num_labels


def label_sets(label_ids: Tensor) -> Tensor:
    """Labels as ``share`` compares them."""
    return label_ids.long()


def share(left: Tensor, right: Tensor) -> Tensor:
    """Whether two clips have the same label."""
    return left == right


def memberships(label_ids: Tensor, count: int) -> Tensor:
    """Which of ``count`` labels is a clip's, bool ``(batch, count)``; of an out-of-scope clip none."""
    return label_ids[:, None] == torch.arange(count, device=label_ids.device)
