"""How well trained and new intents are told apart when both are offered (generalized zero-shot learning)."""

from __future__ import annotations

import numpy.typing as npt

from ..errors import UserError
from .arrays import finite, label_ids, same_rows
from .ood_metrics import ood_metrics


def unseen_metrics(
    logits: npt.ArrayLike, y_true: npt.ArrayLike, num_labels: int, scores: npt.ArrayLike | None = None
) -> dict[str, float]:
    """Score logits that have columns of new intents behind those of the trained ones.

    Args:
        logits: shape (rows, num_labels + new intents).
        y_true: label ids, shape (rows,): below ``num_labels`` a trained intent, then the new ones, then out of scope, which
            takes no part in any accuracy.
        num_labels: number of trained intents.
        scores: shape (rows,), higher = more in-scope; None: there are none.

    Returns:
        Those that there are clips for: ``trained_acc``, the accuracy on clips of trained intents, ``new_acc``, on those of
        new ones, ``harmonic_acc``, their harmonic mean, ``among_new_acc``, the accuracy on clips of new intents among new
        intents alone, and ``new_auroc``, how well the scores separate clips of trained and new intents from those out of
        scope.

    Raises:
        UserError: unfit or not finite arrays.

    Example:
        >>> result = unseen_metrics([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0], [0.0, 2.0, 1.0]], [0, 2, 2], num_labels=2)
        >>> {name: round(value, 3) for name, value in result.items()}
        {'trained_acc': 1.0, 'new_acc': 0.5, 'harmonic_acc': 0.667, 'among_new_acc': 1.0}
    """
    values, true = finite("logits", logits, ndim=2), label_ids("y_true", y_true)
    same_rows(logits=values, y_true=true)
    if not 0 < num_labels < values.shape[1]:
        raise UserError(f"logits: {values.shape[1]} columns for {num_labels} trained intents; add those of new ones")
    correct, trained, outside = values.argmax(axis=1) == true, true < num_labels, true >= values.shape[1]
    new = ~trained & ~outside
    found: dict[str, float] = {}
    if trained.any():
        found["trained_acc"] = float(correct[trained].mean())
    if new.any():
        found["new_acc"] = float(correct[new].mean())
    if trained.any() and new.any():
        both = found["trained_acc"], found["new_acc"]
        found["harmonic_acc"] = 2 * both[0] * both[1] / sum(both) if sum(both) else 0.0
    if new.any():
        among = values[new, num_labels:].argmax(axis=1) + num_labels
        found["among_new_acc"] = float((among == true[new]).mean())
    if scores is not None and outside.any() and not outside.all():
        found["new_auroc"] = ood_metrics(scores, ~outside)["auroc"]
    return found
