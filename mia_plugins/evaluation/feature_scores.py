"""Scores that compare a feature with the training features: ma, residual and vim (higher = more in-scope).

All are computed in float64. The hosts take the precision of the features (float32) and, for ``residual`` and ``vim``,
a general instead of a symmetric eigen-solver: the same numbers, unless the covariance is rank-deficient (fewer training
rows than feature columns), where the host's basis can come out skewed and even complex.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import UserError
from .arrays import FloatArray, finite, label_ids, same_rows


def ma(
    features: npt.ArrayLike, train_features: npt.ArrayLike, train_labels: npt.ArrayLike, num_labels: int
) -> FloatArray:
    """Return minus the smallest squared Mahalanobis distance to a class mean (Lee et al. 2018, eq. 2).

    score = -min_c (f - mu_c)^T S^+ (f - mu_c), S the covariance around the class means, shared by all classes.

    Args:
        features: shape (rows, width).
        train_features: shape (train rows, width).
        train_labels: shape (train rows,); rows of ids outside 0 .. num_labels - 1 are ignored.
        num_labels: number of intents.

    Returns:
        Scores, shape (rows,), at most 0.

    Raises:
        UserError: a class without training rows (the host's score is NaN), or unfit shapes.

    Example:
        >>> ma([[0.0, 0.0], [4.0, 0.0]], [[1.0, 1.0], [-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0]], [0, 0, 0, 0], 1)
        array([ -0., -16.])
    """
    from scipy.spatial.distance import cdist

    x, train = _features(features, train_features)
    ids = label_ids("train_labels", train_labels)
    same_rows(train_features=train, train_labels=ids)
    inside = (ids >= 0) & (ids < num_labels)
    ids, train = ids[inside], train[inside]
    count = np.bincount(ids, minlength=num_labels)
    if (count == 0).any():
        absent = int(np.argmin(count))
        raise UserError(f"OOS score 'ma': class {absent} has no training row; choose another score or add its rows")
    means = np.zeros((num_labels, train.shape[1]))
    np.add.at(means, ids, train)
    means /= count[:, None]
    within = train - means[ids]
    variances, axes = np.linalg.eigh(within.T @ within / len(within))
    # The pseudo-inverse S^+ leaves out directions without variance (the limit is scipy's pinvh).
    kept = variances > variances.max() * len(variances) * np.finfo(np.float64).eps
    whiten = axes[:, kept] / np.sqrt(variances[kept])
    scores: FloatArray = -cdist(x @ whiten, means @ whiten, "sqeuclidean").min(axis=1)
    return scores


def residual(
    features: npt.ArrayLike, train_features: npt.ArrayLike, weight: npt.ArrayLike, bias: npt.ArrayLike
) -> FloatArray:
    """Return minus the length of the feature outside the principal subspace (Wang et al. 2022, ViM, sect. 4.1).

    With origin u = -W^+ b, the subspace is spanned by the first num_labels principal axes of the training features - u.

    Args:
        features: shape (rows, width).
        train_features: shape (train rows, width).
        weight, bias: the linear head, shapes (num_labels, width) and (num_labels,).

    Returns:
        Scores, shape (rows,), at most 0.

    Raises:
        UserError: width <= num_labels (nothing lies outside the subspace), or unfit shapes.

    Example:
        >>> residual([[5.0, 2.0]], [[3.0, 0.0], [-3.0, 0.1]], weight=[[1.0, 0.0]], bias=[0.0]).round(1)
        array([-2.1])
    """
    x, train = _features(features, train_features)
    origin, outside = _complement(train, *_head(weight, bias, train.shape[1]))
    scores: FloatArray = -np.linalg.norm((x - origin) @ outside, axis=1)
    return scores


def vim(
    features: npt.ArrayLike, train_features: npt.ArrayLike, weight: npt.ArrayLike, bias: npt.ArrayLike
) -> FloatArray:
    """Return the energy of the head's logits minus the virtual logit (Wang et al. 2022, ViM, eqs. 4 to 7).

    score = log sum_c exp(w_c f + b_c) - alpha r(f), with r = -`residual` and alpha = mean max logit / mean r over the
    training rows. The MIntOOD host multiplies the features in that mean logit by its option ``scale``: the same for 1.

    Args, Returns, Raises: as `residual`; also UserError where no training feature leaves the subspace (alpha infinite).

    Example:
        >>> vim([[5.0, 2.0]], [[3.0, 1.0], [3.0, -1.0]], weight=[[1.0, 0.0]], bias=[0.0]).round(1)
        array([-1.])
    """
    from scipy.special import logsumexp

    x, train = _features(features, train_features)
    w, b = _head(weight, bias, train.shape[1])
    origin, outside = _complement(train, w, b)
    train_residual = np.linalg.norm((train - origin) @ outside, axis=1).mean()
    if train_residual <= 1e-12 * np.linalg.norm(train - origin, axis=1).mean():
        raise UserError("OOS score 'vim': no training feature leaves the principal subspace; choose another score")
    alpha = (train @ w.T + b).max(axis=1).mean() / train_residual
    virtual = alpha * np.linalg.norm((x - origin) @ outside, axis=1)
    scores: FloatArray = logsumexp(x @ w.T + b, axis=1) - virtual
    return scores


def _features(features: npt.ArrayLike, train_features: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    x = finite("features", features, ndim=2).astype(np.float64)
    train = finite("train_features", train_features, ndim=2).astype(np.float64)
    if x.shape[1] != train.shape[1]:
        raise UserError(f"features are {x.shape[1]} wide, train_features {train.shape[1]}; take both from one layer")
    return x, train


def _head(weight: npt.ArrayLike, bias: npt.ArrayLike, width: int) -> tuple[FloatArray, FloatArray]:
    w = finite("weight", weight, ndim=2).astype(np.float64)
    b = finite("bias", bias, ndim=1).astype(np.float64)
    if w.shape != (len(b), width):
        raise UserError(f"linear head: weight {w.shape}, bias {b.shape}, features {width} wide do not fit together")
    if width <= len(b):
        raise UserError(f"features are {width} wide for {len(b)} intents: residual and vim need wider ones; choose ma")
    return w, b


def _complement(train: FloatArray, weight: FloatArray, bias: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the origin u, shape (width,), and a basis of what the subspace leaves out, (width, width - num_labels)."""
    origin = -np.linalg.pinv(weight) @ bias
    centred = train - origin
    _, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    return origin, axes[:, : train.shape[1] - len(bias)]
