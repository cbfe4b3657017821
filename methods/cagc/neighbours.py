"""The cross-video bank: which training clips are near a clip, and which of them it keeps."""

from __future__ import annotations

import torch
from torch import Tensor

from mia_plugins.nn.labels import share


def nearest(query: Tensor, keys: Tensor, train_place: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The ``count`` training clips nearest to each clip by squared Euclidean distance, but the clip itself.

    Args:
        query: ``(batch, dim)``.
        keys: ``(clips, dim)``, of the training clips; a row of zeros is that of a clip without video.
        train_place: ``(batch,)``, the clip's own row in ``keys``, -1 if it has none.
        count: ``k``.

    Returns:
        Rows of ``keys``, the nearest first, ``(batch, k)``; and a mask of the same shape, false where there are fewer
        other clips with video than ``k``. With less than ``k`` training clips in all, ``k`` is their number.
    """
    with torch.autocast(query.device.type, enabled=False):  # in bfloat16 many clips would be equally near
        distance = keys.square().sum(dim=1) - 2 * query.float() @ keys.T  # but for the query's own square
    itself = train_place[:, None] == torch.arange(len(keys), device=keys.device)
    unseen = ~keys.any(dim=1)
    near = distance.masked_fill(itself | unseen, torch.inf).topk(min(count, len(keys)), dim=1, largest=False)
    return near.indices, near.values.isfinite()


def majority(labels: Tensor, present: Tensor) -> Tensor:
    """The label that most of a clip's neighbours have; among equals the nearest neighbour's.

    With several labels a clip these are all labels of the neighbour that shares one with most of the others.

    Args:
        labels: ``(batch, k)``, or ``(batch, k, labels)`` bool, the nearest first; see
            :func:`mia_plugins.nn.labels.label_sets`.
        present: ``(batch, k)``, false where there is no neighbour; see :func:`nearest`.

    Returns:
        ``(batch,)``, or ``(batch, labels)``.

    >>> labels = torch.tensor([[2, 0, 0, 1, 2], [4, 3, 3, 1, 2]])
    >>> majority(labels, torch.ones_like(labels, dtype=torch.bool)).tolist()
    [2, 3]
    """
    same = share(labels[:, :, None], labels[:, None, :])
    votes = (same & present[:, None, :]).sum(dim=2).masked_fill(~present, 0)
    count = labels.shape[1]
    first = (votes * count - torch.arange(count, device=labels.device)).argmax(dim=1)
    return labels[torch.arange(len(labels), device=labels.device), first]


def kept(labels: Tensor, present: Tensor, way: str) -> Tensor:
    """Which neighbours a clip keeps whose own label may not be used.

    Args:
        labels, present: see :func:`majority`.
        way: ``majority``, ``all`` or ``none``.

    Returns:
        ``(batch, k)``.
    """
    if way == "majority":
        return present & share(labels, majority(labels, present)[:, None])
    return present if way == "all" else torch.zeros_like(present)
