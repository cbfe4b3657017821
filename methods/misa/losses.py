"""The three losses that shape the shared and the private vectors; the fourth is the classification's.

``present`` ``(batch, 3)`` says which modalities a clip has. What a loss compares of two is compared over the clips that
have both, and a mean is over what there is; of nothing it is zero.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from mia_plugins.nn.frames import zero_absent

MOMENTS = 5
EPSILON = 1e-6  # added to norms
TEXT, VIDEO, AUDIO = range(3)


def mean_of(values: Tensor, taking_part: Tensor) -> Tensor:
    """The mean over the clips taking part: ``(batch, ...)`` and bool ``(batch,)`` to ``(...)``."""
    return zero_absent(values, taking_part).sum(dim=0) / taking_part.sum().clamp(min=1)


def central_moment_discrepancy(left: Tensor, right: Tensor, taking_part: Tensor, moments: int = MOMENTS) -> Tensor:
    """CMD: how far the distributions of two batches are apart, entry by entry.

    ``|E(x) - E(y)| + sum_{k=2..moments} |E((x - E(x))^k) - E((y - E(y))^k)|``, with Euclidean norms.

    Args:
        left, right: ``(batch, dim)``.
        taking_part: bool ``(batch,)``; the other clips are in neither batch.
        moments: the highest moment.

    >>> both = torch.tensor([True, True])
    >>> central_moment_discrepancy(torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [3.0]]), both).item()
    1.0
    """
    means = mean_of(left, taking_part), mean_of(right, taking_part)
    centred = left - means[0], right - means[1]
    # norm() has a gradient of zero where two moments are equal, as in a batch of one clip; a square root has none
    distances = [(means[0] - means[1]).norm()]
    for k in range(2, moments + 1):
        distances.append((mean_of(centred[0].pow(k), taking_part) - mean_of(centred[1].pow(k), taking_part)).norm())
    return torch.stack(distances).sum()


def similarity(shared: Tensor, present: Tensor) -> Tensor:
    """The mean CMD over the three pairs of modalities; ``shared`` ``(batch, 3, dim)``."""
    vectors = shared.float()
    pairs = ((TEXT, VIDEO), (TEXT, AUDIO), (AUDIO, VIDEO))
    distances = [
        central_moment_discrepancy(vectors[:, i], vectors[:, j], present[:, i] & present[:, j]) for i, j in pairs
    ]
    return torch.stack(distances).mean()


def orthogonality(left: Tensor, right: Tensor, taking_part: Tensor) -> Tensor:
    """How much two representations of the same clips have in common: the mean squared entry of ``L^T R``.

    Each is centred over the batch, and its rows are divided by their norms, through which no gradient passes.

    Args:
        left, right: ``(batch, dim)``.
        taking_part: bool ``(batch,)``; the other clips do not count.
    """
    rows = []
    for vectors in (left, right):
        centred = zero_absent(vectors - mean_of(vectors, taking_part), taking_part)
        rows.append(centred / (centred.detach().norm(dim=1, keepdim=True) + EPSILON))
    return (rows[0].T @ rows[1]).square().mean()


def difference(private: Tensor, shared: Tensor, present: Tensor) -> Tensor:
    """The sum of :func:`orthogonality` over a modality's two vectors, and over pairs of private vectors.

    Args:
        private, shared: ``(batch, 3, dim)``.
    """
    with torch.autocast(private.device.type, enabled=False):  # which would bring the product to its lower precision
        private, shared = private.float(), shared.float()
        terms = [orthogonality(private[:, i], shared[:, i], present[:, i]) for i in (TEXT, VIDEO, AUDIO)]
        for i, j in ((AUDIO, TEXT), (AUDIO, VIDEO), (TEXT, VIDEO)):
            terms.append(orthogonality(private[:, i], private[:, j], present[:, i] & present[:, j]))
        return torch.stack(terms).sum()


def reconstruction(decoded: Tensor, projected: Tensor, present: Tensor) -> Tensor:
    """The mean squared error between a modality's vector and its decoding; both ``(batch, 3, dim)``."""
    errors = (decoded.float() - projected.float()).square().mean(dim=-1)
    return mean_of(errors.flatten(), present.flatten())


def adversarial(domains: Tensor, present: Tensor) -> Tensor:
    """Cross-entropy of the discriminator, which tells from a shared vector whose it is.

    Args:
        domains: ``(batch, 3, 3)``: its logits for every modality's shared vector.
    """
    truth = torch.arange(3, device=domains.device).repeat(len(domains))
    return mean_of(F.cross_entropy(domains.float().flatten(0, 1), truth, reduction="none"), present.flatten())
