"""The triplet contrastive loss between clips and label descriptions (Eq. 15)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def triplet_contrastive(
    sentence: Tensor, members: Tensor, descriptions: Tensor, temperature: float = 0.7, literal: bool = False
) -> Tensor:
    """Pulls each clip's token ``T_f`` to its label's descriptions, away from those of its batch mates' labels (Eq. 15).

    For a clip i: ``-log(sum_j exp(sim(T_i, S_j^{y_i}) / t) / sum_{n != i} sum_j exp(sim(T_i, S_j^{y_n}) / t))``, averaged
    over the clips that have a negative. The positive is not in the denominator, as printed. Batch mates with the
    clip's own label are no negatives, unless ``literal``. Out-of-scope clips take no part on either side.

    Args:
        sentence: ``T_f``, ``(batch, width)``.
        members: bool ``(batch, labels)``, which labels are a clip's: the paper has one, an out-of-scope clip none. Of
            several (ours), the numerator adds up the descriptions of all, and the labels that a mate has beside them are
            its negatives.
        descriptions: ``S``, ``(labels, descriptions, width)``.
        temperature: ``t``, the paper's tau.
        literal: count batch mates with the same label as negatives too, as the equation is printed.

    Returns:
        A scalar; zero where no clip has a negative.
    """
    with torch.autocast(sentence.device.type, enabled=False):  # which would bring the product to its lower precision
        cosine = F.normalize(sentence.float(), dim=-1) @ F.normalize(descriptions.float(), dim=-1).flatten(0, 1).T
    # (batch, labels): log of the summed exponentials over a label's descriptions
    per_label = (cosine / temperature).unflatten(1, descriptions.shape[:2]).logsumexp(dim=-1)
    mates = members.sum(dim=0) - members.int()  # (batch, labels): how many mates have each label
    negatives = mates if literal else mates.masked_fill(members, 0)
    counted = members.any(dim=1) & negatives.any(dim=1)

    def log_sum(weights: Tensor) -> Tensor:
        # rows that do not count get a finite stand-in first: a masked infinity would still leave NaN in the gradient
        weighted = (per_label + weights.log()).masked_fill(~counted[:, None], 0.0)
        return weighted.logsumexp(dim=1)

    return ((log_sum(negatives) - log_sum(members)) * counted).sum() / counted.sum().clamp(min=1)
