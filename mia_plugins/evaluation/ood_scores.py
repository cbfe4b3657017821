"""Six scores that tell in-scope from OOS, chosen by name as in the hosts (higher = more in-scope)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import FloatArray, finite
from .feature_scores import ma, residual, vim

SCORE_NAMES = ("msp", "maxlogit", "energy", "ma", "residual", "vim")


def msp(logits: npt.ArrayLike) -> FloatArray:
    """Return the largest softmax probability (Hendrycks and Gimpel 2017).

    Args:
        logits: raw, shape (rows, num_labels).

    Returns:
        Scores, shape (rows,), in the logits' precision.

    Example:
        >>> msp([[0.0, 0.0], [3.0, 0.0]]).round(3)
        array([0.5  , 0.953])
    """
    values = finite("logits", logits, ndim=2)
    scores: FloatArray = 1 / np.exp(values - values.max(axis=1, keepdims=True)).sum(axis=1)
    return scores


def maxlogit(logits: npt.ArrayLike) -> FloatArray:
    """Return the largest logit (Hendrycks et al. 2022), shape (rows,), of logits (rows, num_labels).

    Example:
        >>> maxlogit([[0.5, 2.0]])
        array([2.])
    """
    scores: FloatArray = finite("logits", logits, ndim=2).max(axis=1)
    return scores


def energy(logits: npt.ArrayLike) -> FloatArray:
    """Return log sum_c exp(logit_c) (minus the energy of Liu et al. 2020), shape (rows,), of logits (rows, num_labels).

    Example:
        >>> energy([[0.0, 0.0]]).round(3)
        array([0.693])
    """
    from scipy.special import logsumexp

    scores: FloatArray = logsumexp(finite("logits", logits, ndim=2), axis=1)
    return scores


def ood_scores(
    method: str,
    *,
    logits: npt.ArrayLike,
    num_labels: int,
    features: npt.ArrayLike | None = None,
    train_features: npt.ArrayLike | None = None,
    train_labels: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    bias: npt.ArrayLike | None = None,
) -> FloatArray:
    """Compute the score that MMOIR's mag_bert and mult compute under the name `method`.

    There, `maxlogit` and `energy` see sigmoid(logits). MIntOOD (and MMOIR's mmim, sdif and tcl_map) hand them the raw
    logits, which gives scores on another scale: call the two functions for those. The other scores are the same.

    Args:
        method: one of `SCORE_NAMES`.
        logits: raw, shape (rows, num_labels).
        num_labels: number of intents.
        features: what the linear head sees, shape (rows, width); for ``ma``, ``residual``, ``vim``.
        train_features: the same of the training rows, shape (train rows, width).
        train_labels: their label ids, shape (train rows,); for ``ma``.
        weight, bias: the linear head, shapes (num_labels, width) and (num_labels,); for ``residual``, ``vim``.

    Returns:
        Scores, shape (rows,).

    Raises:
        UserError: an unknown method, a missing or unfit array, or input for which the host's score would be NaN.

    Example:
        >>> ood_scores("maxlogit", logits=[[0.0, -1.0]], num_labels=2)
        array([0.5])
        >>> ood_scores("odin", logits=[[0.0, -1.0]], num_labels=2)
        Traceback (most recent call last):
        mia_plugins.errors.UserError: OOS score 'odin' is unknown; choose msp, maxlogit, energy, ma, residual or vim
    """
    if method not in SCORE_NAMES:
        known = ", ".join(SCORE_NAMES[:-1]) + " or " + SCORE_NAMES[-1]
        raise UserError(f"OOS score {method!r} is unknown; choose {known}")
    values = finite("logits", logits, ndim=2)
    if values.shape[1] != num_labels:
        raise UserError(f"logits: {values.shape[1]} columns for {num_labels} intents; give one column per intent")
    if method == "msp":
        return msp(values)
    if method in ("maxlogit", "energy"):
        from scipy.special import expit

        return maxlogit(expit(values)) if method == "maxlogit" else energy(expit(values))

    def required(name: str, array: npt.ArrayLike | None) -> npt.ArrayLike:
        if array is None:
            raise UserError(f"OOS score {method!r} needs {name}; pass it, or choose msp, maxlogit or energy")
        return array

    both_features = required("features", features), required("train_features", train_features)
    if method == "ma":
        return ma(*both_features, required("train_labels", train_labels), num_labels)
    head = required("weight", weight), required("bias", bias)
    return residual(*both_features, *head) if method == "residual" else vim(*both_features, *head)
