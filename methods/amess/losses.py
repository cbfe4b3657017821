"""The triplet contrastive loss between clips and label descriptions (Eq. 15)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def triplet_contrastive(
    sentence: Tensor, label_ids: Tensor, descriptions: Tensor, temperature: float = 0.7, literal: bool = False
) -> Tensor:
    """Pulls each clip's token ``T_f`` to its label's descriptions, away from those of its batch mates' labels (Eq. 15).

    For a clip i: ``-log(sum_j exp(sim(T_i, S_j^{y_i}) / t) / sum_{n != i} sum_j exp(sim(T_i, S_j^{y_n}) / t))``, averaged
    over the clips that have a negative. The positive is not in the denominator, as printed. Batch mates with the
    clip's own label are no negatives, unless ``literal``. Out-of-scope clips take no part on either side.

    Args:
        sentence: ``T_f``, ``(batch, width)``.
        label_ids: ``(batch,)``; an id of ``labels`` or more is out of scope.
        descriptions: ``S``, ``(labels, descriptions, width)``.
        temperature: ``t``, the paper's tau.
        literal: count batch mates with the same label as negatives too, as the equation is printed.

    Returns:
        A scalar; zero where no clip has a negative.
    """
    num_labels = descriptions.shape[0]
    in_scope = label_ids < num_labels
    safe_ids = label_ids.clamp(max=num_labels - 1)
    with torch.autocast(sentence.device.type, enabled=False):  # which would bring the product to its lower precision
        cosine = F.normalize(sentence.float(), dim=-1) @ F.normalize(descriptions.float(), dim=-1).flatten(0, 1).T
    # (batch, labels): log of the summed exponentials over a label's descriptions
    per_label = (cosine / temperature).unflatten(1, descriptions.shape[:2]).logsumexp(dim=-1)
    against = per_label[:, safe_ids]  # (batch, batch): clip i against the label of its mate n
    positive = against.diagonal()
    same = torch.eye(len(label_ids), dtype=torch.bool, device=label_ids.device)
    if not literal:
        same = label_ids[:, None] == label_ids
    negative = ~same & in_scope[:, None] & in_scope
    counts = negative.any(dim=1)
    # rows without a negative get a finite stand-in first: a masked infinity would still leave NaN in the gradient
    log_negatives = against.masked_fill(~negative, -torch.inf).masked_fill(~counts[:, None], 0.0).logsumexp(dim=1)
    return ((log_negatives - positive) * counts).sum() / counts.sum().clamp(min=1)
