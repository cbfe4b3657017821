"""The hyper-parameters of training, the same for every method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..evaluation.metrics import monitors
from ..plugin.settings import Range, check
from ..plugin.values import OneOf


@dataclass(frozen=True)
class TrainSettings:
    """How a model is trained; names as in the benchmarks' configs where they have them.

    Args:
        num_train_epochs: at most this many epochs.
        train_batch_size, eval_batch_size: clips in a batch.
        lr: peak learning rate of the pre-trained weights, after a linear warm-up and before a linear decay to zero.
        new_lr_factor: the layers that are not pre-trained learn at lr times this.
        weight_decay: of AdamW, on all weights but biases and those of normalizations.
        warmup_proportion: share of the steps that warm up.
        grad_clip: the norm that gradients are cut to; 0: never cut.
        eval_monitor: the metric on dev that picks the best epoch; is_os_f1 is the mean of F1-IS and F1-OS, with the
            out-of-scope dev clips that --train_ood reads.
        length_batches: batches of clips of similar length, which saves padding; false: random ones, as in the benchmarks.
        wait_patience: training stops after this many epochs without a better one.
        precision: of the computation (autocast); weights stay float32.
        ood_training: what --train_ood means: k_plus_1 makes out of scope one more class, as in the A-MESS paper,
            outlier_exposure pushes out-of-scope clips towards the uniform distribution, as the benchmarks do.
        scale: standard deviations below 1 at which DOC puts a class's threshold.
        modality_dropout: probability that a training clip loses its video in a step, and independently its audio; the
            text stays, as every method reads the other two by it. Whatever is scored keeps all it has.
    """

    num_train_epochs: Annotated[int, Range(1, 1_000_000)] = 40
    train_batch_size: Annotated[int, Range(1, 1_000_000)] = 8
    eval_batch_size: Annotated[int, Range(1, 1_000_000)] = 64
    lr: Annotated[float, Range(0, 1000, above=True)] = 2e-5
    new_lr_factor: Annotated[float, Range(0, 1_000_000, above=True)] = 1.0
    weight_decay: Annotated[float, Range(0, 1000)] = 0.01
    warmup_proportion: Annotated[float, Range(0, 1)] = 0.1
    grad_clip: Annotated[float, Range(0)] = 1.0
    eval_monitor: Annotated[str, OneOf(monitors)] = "acc"
    length_batches: bool = True
    wait_patience: Annotated[int, Range(1, 1_000_000)] = 8
    precision: Literal["float32", "bfloat16"] = "float32"
    ood_training: Literal["k_plus_1", "outlier_exposure"] = "k_plus_1"
    scale: Annotated[float, Range(0)] = 1.0
    modality_dropout: Annotated[float, Range(0, 1)] = 0.0

    def __post_init__(self) -> None:
        check(self)
