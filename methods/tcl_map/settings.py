"""The method's own hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mia_plugins.plugin.settings import Range, check

Probability = Annotated[float, Range(0, 1, below=True)]


@dataclass(frozen=True)
class Settings:
    """Defaults are the authors' on MIntRec.

    Args:
        prompt_length: positions of the modality-aware prompt, behind the words.
        label_length: positions of the label, behind the prompt; a label's further tokens are cut.
        shared_dim: width in which frames are compared with the prompt's context.
        heads: of the prompt's transformer; divides the encoder's width.
        layers: of the prompt's transformer.
        attn_dropout, relu_dropout, res_dropout, embed_dropout: in the prompt's transformer: of the attention's weights,
            inside the feed-forward layers, of what is added, of what enters it.
        beta_shift: the longest displacement of the adaptation gate, as a multiple of the text embedding's norm.
        dropout_prob: of what the adaptation gate returns.
        temperature: tau of the contrastive loss.
        host: as in MMOIR, where it departs from the authors: the prompt's attention has audio for keys and video for
            values, and the contrast compares the mean of the label positions.
    """

    prompt_length: Annotated[int, Range(1, 100)] = 3
    label_length: Annotated[int, Range(1, 100)] = 4
    shared_dim: Annotated[int, Range(1, 100_000)] = 256
    heads: Annotated[int, Range(1, 1000)] = 8
    layers: Annotated[int, Range(1, 100)] = 5
    attn_dropout: Probability = 0.1
    relu_dropout: Probability = 0.0
    res_dropout: Probability = 0.1
    embed_dropout: Probability = 0.2
    beta_shift: Annotated[float, Range(0, 1000, above=True)] = 0.006
    dropout_prob: Probability = 0.5
    temperature: Annotated[float, Range(0, 1_000_000, above=True)] = 0.5
    host: bool = False

    def __post_init__(self) -> None:
        check(self)
