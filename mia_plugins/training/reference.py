"""What a model says of the in-scope training clips, kept beside it: thresholds and detectors are fitted on that."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import UserError
from ..evaluation.predictions import Predictions
from ..system.files import whole_file


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Logits, features and label ids of some clips, as they are."""
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **vars(predictions))


def load_predictions(path: Path) -> Predictions:
    """What :func:`save_predictions` wrote.

    Raises:
        UserError: the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            logits, features, label_ids = file["logits"], file["features"], file["label_ids"]
    except Exception as error:  # a zip's errors are of many kinds
        reason = " ".join(str(error).split())[:100]
        raise UserError(f"{path}: cannot be read ({type(error).__name__}: {reason}); train again") from error
    rows = {len(each) if each.ndim else 0 for each in (logits, features, label_ids)}
    if (
        len(rows) > 1
        or logits.ndim != 2
        or features.ndim != 2
        or logits.dtype.kind != "f"
        or label_ids.dtype.kind != "i"
    ):
        raise UserError(f"{path}: does not hold predictions; train again")
    return Predictions(logits, features, label_ids)
