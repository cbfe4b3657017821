"""The contract between a method plugin and whatever runs it: four small things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..training.manager import Manager


@dataclass(frozen=True)
class Task:
    """What a model is built for; known once the data are read.

    Args:
        dataset: the data set's name, as typed.
        labels: in-scope intents, in the benchmark's order; the out-of-scope id is ``len(labels)``.
        num_classes: columns of the logits: ``len(labels)``, or one more when out of scope is a class of its own.
        text_backbone: folder or hub id of the pre-trained encoder.
        text_length, video_length, audio_length: maximum lengths in tokens and frames.
        video_dim, audio_dim: feature widths.
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

    @property
    def ood_label_id(self) -> int:
        """The label id of out-of-scope utterances."""
        return len(self.labels)


class Output(NamedTuple):
    """What a model returns for a batch.

    ``logits`` ``(batch, num_classes)``; ``features`` ``(batch, dim)``, exactly what enters the last linear layer;
    ``sentence`` ``(batch, width)`` for methods that synchronize with label descriptions.
    """

    logits: Tensor
    features: Tensor
    sentence: Tensor | None = None


@dataclass(frozen=True)
class Method:
    """A method plugin: register one under the entry-point group ``mia_plugins.methods``.

    Args:
        name: what ``--method`` takes.
        build: ``build(task, settings) -> nn.Module`` with ``forward(text_feats, video_feats, audio_feats,
            video_lengths, audio_lengths) -> Output``, ``loss(output, label_ids) -> scalar`` and
            ``vim() -> (weight, bias)`` of the last linear layer.
        settings: a dataclass of the method's own hyper-parameters.
        configs: the package that holds its ``Param`` modules.
        manager: trains and tests the model; the common one serves unless a method trains in its own way.
        inspect: ``inspect(model, batches, device)`` shows a model's inside on test clips, for reports: arrays by name,
            each with a row a clip (``semantics`` excepted); see :mod:`mia_plugins.report.runs` for the names reports know.
            None: nothing to show.
    """

    name: str
    build: Callable[[Task, Any], nn.Module]
    settings: type
    configs: str
    manager: type = Manager
    inspect: Callable[[Any, Iterable[Mapping[str, Tensor]], torch.device], dict[str, np.ndarray]] | None = None
