"""The method's own hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from mia_plugins.plugin.settings import Range, check


@dataclass(frozen=True)
class Settings:
    """Defaults are the paper's, but for the dropout, which it does not give.

    Args:
        neighbours: k, training clips that are looked up for a clip.
        train_neighbours: which of them a training clip keeps: those that it would keep in a test, or those of its own
            label, which tells the model the answer.
        test_neighbours: which of them a test clip keeps: those of the majority's label, all, or none.
        heads: of the context-augmented transformer; divides the encoder's width.
        temperature: tau of the contrastive losses.
        local_weight: of the contrast between text and audio, and between text and video.
        global_weight: of the contrast between text and the fused representation.
        dropout_prob: of what is fused.
    """

    neighbours: Annotated[int, Range(1, 1000)] = 7
    train_neighbours: Literal["as_tested", "same_label"] = "as_tested"
    test_neighbours: Literal["majority", "all", "none"] = "majority"
    heads: Annotated[int, Range(1, 1000)] = 8
    temperature: Annotated[float, Range(0, 1_000_000, above=True)] = 0.7
    local_weight: Annotated[float, Range(0, 1000)] = 0.02
    global_weight: Annotated[float, Range(0, 1000)] = 0.02
    dropout_prob: Annotated[float, Range(0, 1, below=True)] = 0.1

    def __post_init__(self) -> None:
        check(self)
