"""Noise in which a few frames of most clips carry their label's direction, and a few of every clip a distractor."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from .annotations import Annotations, Clip
from .layouts import MODALITIES, Modality

SHORTEST = 6  # frames of a clip at least, so that signal and distractors have frames of their own
SIGNAL_FRAMES, DISTRACTOR_FRAMES = 2, 2  # of a clip
DISTRACTORS = 8  # directions that say nothing about any label


@dataclass(frozen=True)
class Signal:
    """What is planted.

    Args:
        strength: length of a direction in units of the noise's deviation, per coordinate; 0 is pure noise.
        reach: part of the in-scope clips that carry the signal, in video and in audio independently.
        carriers: the modalities that carry it. Which do changes nothing else of what is drawn.
        mean_frames: mean length of a sequence by modality.
        seed: of the noise, the lengths and the places of the frames.
        direction_seed: of the labels' and the distractors' directions.
    """

    strength: float = 0.5
    reach: float = 0.7
    carriers: Collection[str] = MODALITIES
    mean_frames: Mapping[str, float] = field(default_factory=lambda: {"video": 30, "audio": 50})
    seed: int = 0
    direction_seed: int = 1


class Planter:
    """Draws sequences of unit Gaussian noise with the signal in them.

    Args:
        labels: the in-scope labels, each of which gets a direction of its own in every modality.
        modalities: width and longest sequence of video and audio.
        signal: what is planted.
    """

    def __init__(self, labels: Collection[str], modalities: Mapping[str, Modality], signal: Signal) -> None:
        self.modalities, self.signal = modalities, signal
        self.generator = np.random.default_rng(signal.seed)
        directions = np.random.default_rng(signal.direction_seed)
        self.labels = {
            (name, label): directions.normal(size=modality.width)
            for name, modality in modalities.items()
            for label in sorted(labels)
        }
        self.distractors = {
            name: directions.normal(size=(DISTRACTORS, modality.width)) for name, modality in modalities.items()
        }

    def sequence(self, modality: str, label: str | None) -> np.ndarray:
        """A clip's features, float32 ``(frames, width)``; without a label there are only distractors."""
        generator, signal = self.generator, self.signal
        mean, (_, width, longest, *_) = signal.mean_frames[modality], self.modalities[modality]
        frames = int(np.clip(generator.gamma(3.0, mean / 3.0), SHORTEST, longest))
        features = generator.normal(size=(frames, width))
        places = generator.permutation(frames)
        chosen = generator.integers(DISTRACTORS, size=DISTRACTOR_FRAMES)
        distracted = places[SIGNAL_FRAMES : SIGNAL_FRAMES + DISTRACTOR_FRAMES]
        features[distracted] += signal.strength * self.distractors[modality][chosen]
        if label is not None and generator.random() < signal.reach and modality in signal.carriers:
            features[places[:SIGNAL_FRAMES]] += signal.strength * self.labels[modality, label]
        return features.astype(np.float32)


def planted_features(
    annotations: Annotations, labels: Collection[str], modalities: Mapping[str, Modality], signal: Signal
) -> Iterator[tuple[Clip, str, np.ndarray]]:
    """Clip, modality and features of every clip, in the tables' order."""
    planter = Planter(labels, modalities, signal)
    for clips in annotations.splits.values():
        for clip in clips:
            for modality in modalities:
                yield clip, modality, planter.sequence(modality, clip.label)
