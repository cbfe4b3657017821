"""The method's own hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mia_plugins.errors import UserError
from mia_plugins.plugin.settings import Range, check

Count = Annotated[int, Range(1, 1_000_000)]
Probability = Annotated[float, Range(0, 1, below=True)]


@dataclass(frozen=True)
class Settings:
    """Names as in the benchmarks' configs.

    Args:
        dst_feature_dims: the common width that the three modalities are projected to; a multiple of nheads.
        nheads: heads of every transformer.
        n_levels: layers of every crossmodal transformer; those on top of them have at least three.
        attn_dropout: dropout of attention weights where text is read, and in the self-attention on top.
        attn_dropout_v, attn_dropout_a: the same where video, or audio, is read.
        relu_dropout: inside the feed-forward layers.
        embed_dropout: of what enters a transformer.
        res_dropout: of what a layer adds.
        output_dropout: inside the residual head.
        text_dropout: of the text encoder's last layer.
        attn_mask: hide what is ahead in time, as the paper's code does.
        conv1d_kernel_size_l, conv1d_kernel_size_v, conv1d_kernel_size_a: tokens or frames that a projection sees.
        host: as in the benchmarks' code: clips are padded to the data set's longest, padding is read like anything
            else, and the last element, padding in all but the longest clips, stands for the sequence.
    """

    dst_feature_dims: Annotated[int, Range(4, 1_000_000)] = 40
    nheads: Count = 10
    n_levels: Count = 4
    attn_dropout: Probability = 0.2
    attn_dropout_v: Probability = 0.0
    attn_dropout_a: Probability = 0.0
    relu_dropout: Probability = 0.1
    embed_dropout: Probability = 0.2
    res_dropout: Probability = 0.1
    output_dropout: Probability = 0.1
    text_dropout: Probability = 0.2
    attn_mask: bool = True
    conv1d_kernel_size_l: Count = 1
    conv1d_kernel_size_v: Count = 1
    conv1d_kernel_size_a: Count = 1
    host: bool = False

    def __post_init__(self) -> None:
        check(self)
        if self.dst_feature_dims % self.nheads:
            raise UserError(f"dst_feature_dims={self.dst_feature_dims} should be a multiple of nheads={self.nheads}")
