"""The three losses that shape the shared and the private vectors; the fourth is the classification's."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

MOMENTS = 5
EPSILON = 1e-6  # added to norms
TEXT, VIDEO, AUDIO = range(3)


def central_moment_discrepancy(left: Tensor, right: Tensor, moments: int = MOMENTS) -> Tensor:
    """CMD: how far the distributions of two batches are apart, entry by entry.

    ``|E(x) - E(y)| + sum_{k=2..moments} |E((x - E(x))^k) - E((y - E(y))^k)|``, with Euclidean norms.

    Args:
        left, right: ``(batch, dim)``.
        moments: the highest moment.

    >>> central_moment_discrepancy(torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [3.0]])).item()
    1.0
    """
    means = left.mean(dim=0), right.mean(dim=0)
    centred = left - means[0], right - means[1]
    # norm() has a gradient of zero where two moments are equal, as in a batch of one clip; a square root has none
    distances = [(means[0] - means[1]).norm()]
    for k in range(2, moments + 1):
        distances.append((centred[0].pow(k).mean(dim=0) - centred[1].pow(k).mean(dim=0)).norm())
    return torch.stack(distances).sum()


def similarity(shared: Tensor) -> Tensor:
    """The mean CMD over the three pairs of modalities; ``shared`` ``(batch, 3, dim)``."""
    text, video, audio = shared.float().unbind(dim=1)
    pairs = ((text, video), (text, audio), (audio, video))
    return torch.stack([central_moment_discrepancy(*pair) for pair in pairs]).mean()


def orthogonality(left: Tensor, right: Tensor) -> Tensor:
    """How much two representations of the same clips have in common: the mean squared entry of ``L^T R``.

    Each is centred over the batch, and its rows are divided by their norms, through which no gradient passes.

    Args:
        left, right: ``(batch, dim)``.
    """
    rows = []
    for vectors in (left, right):
        centred = vectors - vectors.mean(dim=0)
        rows.append(centred / (centred.detach().norm(dim=1, keepdim=True) + EPSILON))
    return (rows[0].T @ rows[1]).square().mean()


def difference(private: Tensor, shared: Tensor) -> Tensor:
    """The sum of :func:`orthogonality` over a modality's two vectors, and over pairs of private vectors.

    Args:
        private, shared: ``(batch, 3, dim)``.
    """
    with torch.autocast(private.device.type, enabled=False):  # which would bring the product to its lower precision
        private, shared = private.float(), shared.float()
        own = [orthogonality(private[:, i], shared[:, i]) for i in (TEXT, VIDEO, AUDIO)]
        pairs = ((AUDIO, TEXT), (AUDIO, VIDEO), (TEXT, VIDEO))
        return torch.stack([*own, *(orthogonality(private[:, i], private[:, j]) for i, j in pairs)]).sum()


def reconstruction(decoded: Tensor, projected: Tensor) -> Tensor:
    """The mean squared error between a modality's vector and its decoding; both ``(batch, 3, dim)``."""
    return F.mse_loss(decoded.float(), projected.float())


def adversarial(domains: Tensor) -> Tensor:
    """Cross-entropy of the discriminator, which tells from a shared vector whose it is.

    Args:
        domains: ``(batch, 3, 3)``: its logits for every modality's shared vector.
    """
    truth = torch.arange(3, device=domains.device).repeat(len(domains))
    return F.cross_entropy(domains.float().flatten(0, 1), truth)
