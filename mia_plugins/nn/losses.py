"""The classification loss, with the two ways of learning from out-of-scope utterances."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


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

    >>> import torch
    >>> round(classification_loss(torch.zeros(2, 4), torch.tensor([1, 3]), num_labels=3).item(), 4)  # ln 4
    1.3863
    """
    log_p = F.log_softmax(logits.float(), dim=-1)
    if logits.shape[-1] > num_labels:
        return F.nll_loss(log_p, label_ids)
    in_scope = label_ids < num_labels
    # sums over masked rows instead of indexing, so that no shape depends on the data
    safe_ids = label_ids.clamp(max=num_labels - 1)
    nll = -log_p.gather(1, safe_ids[:, None])[:, 0]
    exposure = -log_p.mean(dim=-1)
    count = in_scope.sum()
    return (nll * in_scope).sum() / count.clamp(min=1) + (exposure * ~in_scope).sum() / (~in_scope).sum().clamp(min=1)
