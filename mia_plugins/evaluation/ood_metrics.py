"""How well a score separates in-scope from OOS: the hosts' ``OOD_Metrics``, and the textbook beside it.

Notation: in-scope is the positive class and pi the fraction of in-scope rows; TPR and FPR are the fractions of the
in-scope and of the OOS rows that are accepted; FNR = 1 - TPR.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .arrays import BoolArray, FloatArray, scores_and_flags

REQUIRED_TPR = 0.95


def ood_metrics(scores: npt.ArrayLike, is_in_scope: npt.ArrayLike) -> dict[str, float]:
    """Measure the separation by the hosts' definitions.

    - ``auroc``: area under the ROC curve.
    - ``aupr_in``, ``aupr_out``: *trapezoidal* area under precision-recall, positive = in-scope by score, or OOS by
      1 - score (in the scores' precision; tiny float32 scores can tie there).
    - ``fpr95``: FPR at the first row, from the highest score down, where TPR reaches 0.95. The host's unstable sort
      leaves ties to chance; here the later of two equal rows counts first. With OOS rows after the in-scope rows, as in
      the hosts' test sets, that is ``fpr95_standard``.
    - ``eer``: FPR where abs(FPR - FNR) is smallest among the *corners* of the ROC curve (what scikit-learn's
      ``drop_intermediate`` leaves) and its start; 0 for constant scores.
    - ``der``: min of (1 - pi) FNR + pi FPR over TPR >= 0.95; the weights are swapped compared with the textbook.

    Args:
        scores: higher = more in-scope, shape (rows,).
        is_in_scope: 1 = in-scope, 0 = OOS, shape (rows,).

    Raises:
        UserError: NaN or infinite scores, only one kind of row, or lengths that differ.

    Example:
        >>> result = ood_metrics([0.9, 0.8, 0.3, 0.4, 0.1], [1, 1, 1, 0, 0])
        >>> {name: round(value, 3) for name, value in result.items()}
        {'auroc': 0.833, 'aupr_in': 0.903, 'aupr_out': 0.792, 'fpr95': 0.5, 'eer': 0.5, 'der': 0.3}
    """
    from sklearn.metrics import auc, roc_curve

    values, inside = scores_and_flags(scores, is_in_scope)
    in_scope_part = inside.mean()
    fpr, tpr, _ = roc_curve(inside, values)
    return {
        "auroc": float(auc(fpr, tpr)),
        "aupr_in": _precision_recall_area(values, inside),
        "aupr_out": _precision_recall_area(1 - values, ~inside),
        "fpr95": _first_rank_fpr(values, inside),
        "eer": float(fpr[np.argmin(np.abs(fpr - (1 - tpr)))]),
        "der": _detection_error(tpr, fpr, weight_fnr=1 - in_scope_part, weight_fpr=in_scope_part),
    }


def ood_metrics_standard(scores: npt.ArrayLike, is_in_scope: npt.ArrayLike) -> dict[str, float]:
    """Measure the separation by the textbook; no result depends on row order, ties included.

    - ``aupr_in_ap``, ``aupr_out_ap``: average precision, sum of (R_n - R_{n-1}) P_n, positive = in-scope by score, or
      OOS by -score.
    - ``fpr95_standard``: FPR at the highest threshold with TPR >= 0.95; tied rows are accepted together.
    - ``eer_standard``: FPR = FNR on the linearly interpolated ROC curve; 0.5 for constant scores.
    - ``der_standard``: min of pi FNR + (1 - pi) FPR over TPR >= 0.95, the fraction of rows decided wrongly.

    Args, Raises: as in `ood_metrics`.

    Example:
        >>> result = ood_metrics_standard([0.9, 0.8, 0.3, 0.4, 0.1], [1, 1, 1, 0, 0])
        >>> {name: round(value, 3) for name, value in result.items()}
        {'aupr_in_ap': 0.917, 'aupr_out_ap': 0.833, 'fpr95_standard': 0.5, 'eer_standard': 0.333, 'der_standard': 0.2}
    """
    from sklearn.metrics import average_precision_score, roc_curve

    values, inside = scores_and_flags(scores, is_in_scope)
    in_scope_part = inside.mean()
    fpr, tpr, _ = roc_curve(inside, values, drop_intermediate=False)
    return {
        "aupr_in_ap": float(average_precision_score(inside, values)),
        "aupr_out_ap": float(average_precision_score(~inside, -values)),
        "fpr95_standard": float(fpr[np.argmax(tpr >= REQUIRED_TPR)]),
        # FPR - FNR rises strictly from -1 to 1, so its zero is where FPR can be read off.
        "eer_standard": float(np.interp(0.0, fpr - (1 - tpr), fpr)),
        "der_standard": _detection_error(tpr, fpr, weight_fnr=in_scope_part, weight_fpr=1 - in_scope_part),
    }


def _precision_recall_area(scores: FloatArray, positive: BoolArray) -> float:
    from sklearn.metrics import auc, precision_recall_curve

    precision, recall, _ = precision_recall_curve(positive, scores)
    return float(auc(recall, precision))


def _first_rank_fpr(scores: FloatArray, inside: BoolArray) -> float:
    ranked = inside[np.argsort(scores, kind="stable")[::-1]]
    hits = np.cumsum(ranked)
    rank = int(np.argmax(hits / hits[-1] >= REQUIRED_TPR))
    return float((rank + 1 - hits[rank]) / (len(ranked) - hits[-1]))


def _detection_error(tpr: FloatArray, fpr: FloatArray, weight_fnr: float, weight_fpr: float) -> float:
    enough = tpr >= REQUIRED_TPR
    return float((weight_fnr * (1 - tpr[enough]) + weight_fpr * fpr[enough]).min())
