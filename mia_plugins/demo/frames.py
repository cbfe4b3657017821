"""The demo's video and audio: noise in which a few frames carry their label's direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .chance import Chance


class Modality(NamedTuple):
    """``frames``: least and most in a clip; ``width``: numbers in a frame; ``strength``: of directions in unit noise."""

    frames: tuple[int, int]
    width: int
    strength: float


VIDEO = Modality(frames=(12, 30), width=256, strength=0.9)
AUDIO = Modality(frames=(15, 40), width=768, strength=0.6)
SIGNAL_FRAMES = (1, 3)  # least and most in a clip that carries its label's direction
SIGNAL_SHARE = 0.8  # of the in-scope clips, in video and in audio independently
DISTRACTOR_FRAMES = (2, 4)  # least and most, in every clip
DISTRACTORS = 6  # directions that say nothing about any label


class Camera:
    """Draws the sequences of one modality; each label has its own direction of independent unit coordinates.

    Args:
        chance: the ``Chance`` to draw from.
        labels: the in-scope labels.
        modality: the size of its sequences and how far its directions stand out.
    """

    def __init__(self, chance: Chance, labels: Sequence[str], modality: Modality):
        self.chance, self.modality = chance, modality
        self.signals = dict(zip(labels, modality.strength * chance.noise(len(labels), modality.width)))
        self.distractors = modality.strength * chance.noise(DISTRACTORS, modality.width)

    def sequence(self, label: str | None = None) -> np.ndarray:
        """Returns a clip's features, float32 ``(frames, width)``; without a label there are only distractors."""
        least, most = self.modality.frames
        frames = least + min(self.chance.below(most - least + 1) for _ in range(2))  # short clips are more common
        features = self.chance.noise(frames, self.modality.width)
        spots = list(self.chance.order(frames))
        if label is not None and self.chance.happens(SIGNAL_SHARE):
            for _ in range(self._between(SIGNAL_FRAMES)):
                features[spots.pop()] += self.signals[label]
        for _ in range(self._between(DISTRACTOR_FRAMES)):
            features[spots.pop()] += self.distractors[self.chance.below(DISTRACTORS)]
        return np.round(features, 3).astype(np.float32)

    def _between(self, bounds: tuple[int, int]) -> int:
        return bounds[0] + self.chance.below(bounds[1] - bounds[0] + 1)
