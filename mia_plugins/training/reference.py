"""A model's predictions for the in-scope training clips, kept beside it; thresholds and detectors are fitted to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import UserError
from ..evaluation.predictions import Predictions
from ..system.array_files import read_arrays
from ..system.files import whole_file


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Logits, features and label ids of some clips, as they are."""
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, logits=predictions.logits, features=predictions.features, label_ids=predictions.label_ids)


def load_predictions(path: Path) -> Predictions:
    """What :func:`save_predictions` wrote.

    Raises:
        UserError: the file is damaged.
    """
    try:
        arrays = read_arrays(path)
        logits, features, label_ids = arrays["logits"], arrays["features"], arrays["label_ids"]
    except (FileNotFoundError, KeyError) as error:
        raise UserError(f"{path}: lacks {error}; train again") from error
    rows = {len(each) if each.ndim else 0 for each in (logits, features, label_ids)}
    if (
        len(rows) > 1
        or logits.ndim != 2
        or features.ndim != 2
        or logits.dtype.kind != "f"
        or features.dtype.kind != "f"
        or label_ids.dtype.kind != "i"
    ):
        raise UserError(f"{path}: does not hold predictions; train again")
    if not len(logits) or not np.isfinite(logits).all() or not np.isfinite(features).all():
        raise UserError(f"{path}: holds no clips, or values that are not finite; train again")
    return Predictions(logits, features, label_ids)


def check_fit(path: Path, predictions: Predictions, classes: int, dim: int, num_labels: int) -> None:
    """Checks that predictions can be those of a model.

    Args:
        path: their file.
        predictions: what is in it.
        classes, dim: shape of the model's last layer.
        num_labels: in-scope intents.

    Raises:
        UserError: they cannot.
    """
    ids = predictions.label_ids
    if predictions.logits.shape[1] != classes or predictions.features.shape[1] != dim:
        raise UserError(f"{path}: holds the predictions of another model; train again")
    if ids.min() < 0 or ids.max() >= num_labels:
        raise UserError(f"{path}: holds labels that are none of the {num_labels} intents; train again")
