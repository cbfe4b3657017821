"""A model's predictions for some clips: the input of all scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Predictions:
    """A model's outputs for some clips, beside their labels.

    Args:
        logits: float32, shape (clips, classes); a model with an out-of-scope class has ``num_labels + 1`` columns, one of
            numbers a single column.
        features: what the last linear layer sees, float32, shape (clips, width).
        label_ids: integers, shape (clips,), ``num_labels`` being out of scope; of several labels a clip 0 and 1, shape
            (clips, labels); numbers, shape (clips,).
        sentence: vectors in the space of a sentence encoder, float32, shape (clips, width), where the model has them.
    """

    logits: np.ndarray
    features: np.ndarray
    label_ids: np.ndarray
    sentence: np.ndarray | None = None
