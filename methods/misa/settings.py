"""The method's own hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mia_plugins.errors import UserError
from mia_plugins.plugin.settings import Range, check

HEADS = 2  # of the transformer over the six vectors
Weight = Annotated[float, Range(0, 1_000_000)]


@dataclass(frozen=True)
class Settings:
    """Names as in the benchmark's config.

    Args:
        hidden_size: width of the shared and the private vectors; even.
        dropout_rate: dropout before the last layer (and in the discriminator).
        use_cmd_sim: the shared vectors are made alike by their central moments (CMD), as in the paper; without it by a
            discriminator that is to take one modality for another, as in the benchmark's config.
        reverse_grad_weight: how much of the discriminator's gradient reaches the shared vectors, reversed.
        diff_weight: weight of the difference loss.
        sim_weight: weight of the similarity loss, CMD or the discriminator's.
        recon_weight: weight of the reconstruction loss.
        host: as in the benchmark's code: of video and audio only as many frames are read as the text has tokens.
    """

    hidden_size: Annotated[int, Range(2, 1_000_000)] = 128
    dropout_rate: Annotated[float, Range(0, 1, below=True)] = 0.5
    use_cmd_sim: bool = True
    reverse_grad_weight: Weight = 1.0
    diff_weight: Weight = 0.3
    sim_weight: Weight = 1.0
    recon_weight: Weight = 1.0
    host: bool = False

    def __post_init__(self) -> None:
        check(self)
        if self.hidden_size % HEADS:
            raise UserError(f"hidden_size={self.hidden_size} should be even")
