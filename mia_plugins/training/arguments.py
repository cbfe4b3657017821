"""The arguments of a run's manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import torch

from ..data.problem import Problem
from ..plugin.method import Method
from .loop import Epoch
from .settings import TrainSettings
from .watched import Step


@dataclass(frozen=True)
class RunArguments:
    """The arguments of one run, under the benchmarks' names where they have them.

    Args:
        method: the plugin; its hooks are called.
        settings: hyper-parameters of training.
        num_labels: in-scope intents.
        device: where the model lives.
        identity: what a checkpoint must agree on.
        train: train first; otherwise a saved model is restored.
        model_output_path: folder of the saved model.
        save_model: keep the trained model there.
        reference_path: file of the model's predictions for the in-scope training clips: written with the model, and read
            where a model is restored; None: they are computed when needed.
        resume_path: folder of what an interrupted training resumes from; None: nothing is kept.
        resume: continue an interrupted training.
        test_mode: ``ood_cls``, ``ood_det``, or None: in-scope clips only.
        ood_detection_method: the detector of ``ood_det``.
        problem: what is learned; see :class:`mia_plugins.data.clips.LoadedData`.
        on_epoch: called with every epoch; what it raises ends the training.
        on_step: called with every step, just before the weights change; what it raises ends the training.
    """

    method: Method
    settings: TrainSettings
    num_labels: int
    device: torch.device
    identity: Mapping[str, Any]
    train: bool
    model_output_path: Path
    save_model: bool = False
    reference_path: Path | None = None
    resume_path: Path | None = None
    resume: bool = False
    test_mode: str | None = None
    ood_detection_method: str = "ma"
    problem: Problem = "multi-class"
    on_epoch: Callable[[Epoch], None] | None = None
    on_step: Callable[[Step], None] | None = None
