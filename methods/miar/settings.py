"""The method's own hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mia_plugins.plugin.settings import Range, check


@dataclass(frozen=True)
class Settings:
    """All numbers are ours: the paper's are not public.

    Args:
        heads: of every attention; divides the encoder's width.
        alignment_weight: of the contrast between the tokens of two modalities.
        temperature: of that contrast.
        dropout_prob: of the new layers.
    """

    heads: Annotated[int, Range(1, 1000)] = 8
    alignment_weight: Annotated[float, Range(0, 1000)] = 0.1
    temperature: Annotated[float, Range(0, 1_000_000, above=True)] = 0.5
    dropout_prob: Annotated[float, Range(0, 1, below=True)] = 0.1

    def __post_init__(self) -> None:
        check(self)
