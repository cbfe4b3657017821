"""What a model is built for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..data.problem import Problem


@dataclass(frozen=True)
class Task:
    """What is known once the data are read and before the model is built.

    Args:
        dataset: the data set's name, as typed.
        labels: the in-scope intents in the benchmark's order; a clip's label id is its intent's place here, and an
            out-of-scope clip has the id ``len(labels)``. Of a regression: the name of the number, alone.
        num_classes: columns of the logits: ``len(labels)``, or one more where out of scope is a class of its own.
        text_backbone: folder or hub id of the pre-trained text encoder.
        text_length: the most tokens of a text, special tokens included.
        video_length, audio_length: the most frames of a clip.
        video_dim, audio_dim: width of a frame.
        weights: the file of a restored model's weights; what they hold, such as embeddings in a buffer, need not be
            computed again (:func:`mia_plugins.nn.weights.saved_shape`). None: the model is new.
        problem: what is learned.
        descriptions: label -> sentences that say what it means, where the data set has them.
    """

    dataset: str
    labels: tuple[str, ...]
    num_classes: int
    text_backbone: str
    text_length: int
    video_length: int
    audio_length: int
    video_dim: int
    audio_dim: int
    weights: str | None = None
    problem: Problem = "multi-class"
    descriptions: Mapping[str, Sequence[str]] | None = None

    @property
    def num_labels(self) -> int:
        """The number of in-scope intents."""
        return len(self.labels)
