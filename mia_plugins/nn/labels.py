"""What labels of every problem have in common: which clips share one, and which descriptions are a clip's.

The form of ``label_ids`` says which problem it is (see :class:`mia_plugins.data.clips.Clips`): int64 ``(batch,)`` are
classes, float ``(batch, labels)`` of 0 and 1 several labels a clip, float ``(batch,)`` numbers. Methods that use labels
beside the last layer (contrasts, descriptions, neighbours) were published for classes. Here is what they mean for the
other two, the same for all methods and ours, not the papers':

- Several labels: two clips belong together if they share a label. A clip without any label takes no part, like an
  out-of-scope one.
- Numbers: a number counts as its *degree*, the nearest whole number (half to even, as Acc-7 rounds). Two clips belong
  together if they have the same degree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ..data.dataset import Outline
    from ..plugin.task import Task

#: the degrees of numbers that are known by name, the lowest first; the one in the middle is 0
DEGREES = {
    "sentiment": (
        "strongly negative",
        "negative",
        "weakly negative",
        "neutral",
        "weakly positive",
        "positive",
        "strongly positive",
    )
}


def label_names(task: Task | Outline) -> tuple[str, ...]:
    """The names of a task's labels; of a regression those of its number's degrees, none if it is not in :data:`DEGREES`."""
    return DEGREES.get(task.labels[0], ()) if task.problem == "regression" else tuple(task.labels)


def in_scope(label_ids: Tensor, num_labels: int) -> Tensor:
    """Which clips have a label, bool ``(batch,)``: not those out of scope, nor those without any of several labels.

    >>> in_scope(torch.tensor([0, 3]), 3).tolist(), in_scope(torch.tensor([[0.0, 1.0], [0.0, 0.0]]), 2).tolist()
    ([True, False], [True, False])
    """
    if label_ids.ndim == 2:
        return label_ids.bool().any(dim=1)
    return torch.ones_like(label_ids, dtype=torch.bool) if label_ids.is_floating_point() else label_ids < num_labels


def label_sets(label_ids: Tensor) -> Tensor:
    """Labels as :func:`share` compares them: int64 classes and degrees, bool ``(batch, labels)`` where a clip has several.

    >>> label_sets(torch.tensor([-0.4, 1.5, 2.5])).tolist()
    [0, 2, 2]
    """
    if label_ids.ndim == 2:
        return label_ids.bool()
    return label_ids.round().long() if label_ids.is_floating_point() else label_ids


def share(left: Tensor, right: Tensor) -> Tensor:
    """Whether two clips have a label in common; of :func:`label_sets`, broadcast against each other.

    >>> both, first, none = torch.tensor([[1, 1], [1, 0], [0, 0]]).bool()
    >>> share(both, first).item(), share(both, none).item(), share(torch.tensor(2), torch.tensor(2)).item()
    (True, False, True)
    """
    return (left & right).any(dim=-1) if left.dtype == torch.bool else left == right


def memberships(label_ids: Tensor, count: int) -> Tensor:
    """Which of ``count`` labels are a clip's, bool ``(batch, count)``; of an out-of-scope clip none.

    For numbers these are ``count`` degrees around 0, and a number beyond has the last of them: Acc-7's classes with 7.

    >>> memberships(torch.tensor([1, 2]), 2).int().tolist()
    [[0, 1], [0, 0]]
    >>> memberships(torch.tensor([-5.0, 0.4]), 3).int().tolist()
    [[1, 0, 0], [0, 1, 0]]
    """
    if label_ids.ndim == 2:
        return label_ids.bool()
    places = label_ids
    if label_ids.is_floating_point():
        half = count // 2
        places = label_ids.round().clamp(-half, half).long() + half
    return places[:, None] == torch.arange(count, device=label_ids.device)
