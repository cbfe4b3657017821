"""The method's own hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from mia_plugins.plugin.settings import Range, check


@dataclass(frozen=True)
class Settings:
    """Names as in the benchmarks' configs.

    Args:
        beta_shift: the longest displacement of a text embedding, as a multiple of its norm; 1 in the paper, 0.005 in
            the benchmarks.
        dropout_prob: dropout of the shifted embeddings.
        aligned_method: how frames meet text positions: ctc, conv1d or avg_pool.
    """

    beta_shift: Annotated[float, Range(0, 1_000_000)] = 1.0
    dropout_prob: Annotated[float, Range(0, 1, below=True)] = 0.5
    aligned_method: Literal["ctc", "conv1d", "avg_pool"] = "ctc"

    def __post_init__(self) -> None:
        check(self)
