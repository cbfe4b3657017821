"""Losses that methods share: of every problem, with out-of-scope utterances, and two contrastive losses."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .labels import in_scope, label_sets, share


def task_loss(logits: Tensor, label_ids: Tensor, num_labels: int) -> Tensor:
    """The loss of what is learned, whichever problem it is; the form of the labels tells.

    Classes: :func:`classification_loss`. Several labels a clip: binary cross-entropy, the mean over clips and labels. A
    number: the absolute error (L1), as MMSA trains on sentiment.

    Args:
        logits: ``(batch, num_classes)``.
        label_ids: int64 ``(batch,)``; float ``(batch, num_classes)`` of 0 and 1; or float ``(batch,)``.
        num_labels: number of in-scope labels.

    Returns:
        A scalar.

    >>> round(task_loss(torch.zeros(2, 3), torch.tensor([[0.0, 1, 1], [0, 0, 0]]), num_labels=3).item(), 4)  # ln 2
    0.6931
    >>> task_loss(torch.tensor([[1.0], [-1.0]]), torch.tensor([0.5, 2.0]), num_labels=1).item()
    1.75
    """
    if not label_ids.is_floating_point():
        return classification_loss(logits, label_ids, num_labels)
    logits = logits.float()
    if label_ids.ndim == 2:
        return F.binary_cross_entropy_with_logits(logits, label_ids.float())
    return F.l1_loss(logits[:, 0], label_ids.float())


def classification_loss(logits: Tensor, label_ids: Tensor, num_labels: int) -> Tensor:
    """Cross-entropy (A-MESS, Eq. 16), by one of two treatments of out-of-scope rows.

    With ``num_labels + 1`` columns, out of scope is one more class (the paper). With ``num_labels`` columns,
    out-of-scope rows are pushed towards the uniform distribution (outlier exposure, the benchmark's way): the mean of
    ``-log_softmax`` over rows and classes, added to the mean cross-entropy of the in-scope rows.

    Args:
        logits: ``(batch, num_labels)`` or ``(batch, num_labels + 1)``.
        label_ids: ``(batch,)`` int64; ``num_labels`` marks an out-of-scope row.
        num_labels: number of in-scope intents.

    Returns:
        A scalar; zero (with a gradient) where a part has no rows.

    >>> round(classification_loss(torch.zeros(2, 4), torch.tensor([1, 3]), num_labels=3).item(), 4)  # ln 4
    1.3863
    """
    log_p = F.log_softmax(logits.float(), dim=-1)
    if logits.shape[-1] > num_labels:
        return F.nll_loss(log_p, label_ids)
    inside = label_ids < num_labels
    # sums over masked rows instead of indexing, so that no shape depends on the data
    safe_ids = label_ids.clamp(max=num_labels - 1)
    nll = -log_p.gather(1, safe_ids[:, None])[:, 0]
    exposure = -log_p.mean(dim=-1)
    count = inside.sum()
    return (nll * inside).sum() / count.clamp(min=1) + (exposure * ~inside).sum() / (~inside).sum().clamp(min=1)


def supervised_contrast(
    anchor: Tensor,
    other: Tensor,
    label_ids: Tensor,
    *,
    num_labels: int,
    temperature: float,
    present: Tensor | None = None,
) -> Tensor:
    """Pulls each clip's vector in one space to those of its label in another space, away from other labels'.

    For a clip i, with P the clips of its label and N those of other labels in the batch: ``-log(sum_P exp(sim(a_i, o_j)
    / t) / sum_{P + N} exp(sim(a_i, o_j) / t))``, averaged over the clips; sim is the cosine. The clip itself is in P, as
    its two vectors are different ones. Out-of-scope clips take no part on either side. For several labels a clip, and for
    numbers, :mod:`.labels` says which clips have the same label.

    Args:
        anchor: ``(batch, dim)``.
        other: ``(batch, dim)``.
        label_ids: ``(batch,)``, an id of ``num_labels`` being out of scope; or in another problem's form.
        num_labels: number of in-scope intents.
        temperature: ``t``.
        present: ``(batch,)`` bool: the clips that have the modality whose vectors these are; the others take no part
            either. None: all have it.

    Returns:
        A scalar; zero where all clips have one label, or none is in scope.

    >>> same = torch.eye(2)
    >>> round(supervised_contrast(same, same, torch.tensor([0, 1]), num_labels=2, temperature=1.0).item(), 4)
    0.3133
    """
    taking_part, labels = in_scope(label_ids, num_labels), label_sets(label_ids)
    if present is not None:
        taking_part = taking_part & present
    with torch.autocast(anchor.device.type, enabled=False):  # which would bring the product to its lower precision
        cosine = F.normalize(anchor.float(), dim=-1) @ F.normalize(other.float(), dim=-1).T / temperature
    itself = torch.eye(len(label_ids), dtype=torch.bool, device=label_ids.device)
    # an out-of-scope row keeps itself, for a finite value that counts nothing
    positive = itself | (share(labels[:, None], labels) & taking_part)
    log_positive = cosine.masked_fill(~positive, -torch.inf).logsumexp(dim=1)
    log_all = cosine.masked_fill(~(itself | taking_part), -torch.inf).logsumexp(dim=1)
    return ((log_all - log_positive) * taking_part).sum() / taking_part.sum().clamp(min=1)


def nt_xent(first: Tensor, second: Tensor, taking_part: Tensor, *, temperature: float) -> Tensor:
    """The normalized temperature-scaled cross-entropy of SimCLR: two views of a clip find each other in the batch.

    Each of the 2B vectors is an anchor: ``-log(exp(sim(z, z+) / t) / sum_{z' != z} exp(sim(z, z') / t))``, with z+ the
    clip's other view and sim the cosine; the mean over all anchors.

    Args:
        first, second: the views, ``(batch, dim)``.
        taking_part: ``(batch,)`` bool; the other clips are neither anchors nor negatives.
        temperature: ``t``.

    Returns:
        A scalar; zero where fewer than two clips take part.

    >>> views = torch.eye(2)
    >>> round(nt_xent(views, views, torch.tensor([True, True]), temperature=1.0).item(), 4)  # ln(e + 2) - 1
    0.5514
    """
    with torch.autocast(first.device.type, enabled=False):
        views = F.normalize(torch.cat([first, second]).float(), dim=-1)
        cosine = views @ views.T / temperature
    itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
    pair, part = itself.roll(len(first), dims=1), taking_part.repeat(2)
    log_all = cosine.masked_fill(itself | ~(pair | part), -torch.inf).logsumexp(dim=1)
    return ((log_all - cosine[pair]) * part).sum() / part.sum().clamp(min=1)
