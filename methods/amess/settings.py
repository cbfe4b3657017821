"""The method's own hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from mia_plugins.plugin.settings import Range, check


@dataclass(frozen=True)
class Settings:
    """Numbers refer to ``docs/readings.md``, the readings of what the paper leaves open.

    Args:
        anchor_embedding: use A-ME; without it the mean frames are added to the text (ablation "w/o A-ME").
        semantic_sync: use T_f and its contrastive loss (ablation "w/o SS" without).
        num_anchors: k, the number of anchors; 50 keeps every token (no selection).
        anchor_tokens: of an utterance with its history, which tokens may be anchors: current (its own) or all (17).
        aligned_method: how frames meet text positions: salience, ctc (the paper's), conv1d, avg_pool or none (2).
        residual: residual on the query of the cross-attention blocks (3).
        fusion_start: identity or paper (15).
        temperature: tau of Eq. 15.
        negatives: other_labels, or literal: batch mates of the same label count too (9).
        num_descriptions: descriptions a label.
        descriptions_path: a file of one's own descriptions; empty: the bundled ones.
        sentence_encoder: name, hub id or folder of the encoder of descriptions.
        pooling: what of E_f stands beside T_f in the classifier: the first token or the masked mean (10).
        dropout_prob: dropout of the new layers.
    """

    anchor_embedding: bool = True
    semantic_sync: bool = True
    num_anchors: Annotated[int, Range(1, 1_000_000)] = 8
    anchor_tokens: Literal["current", "all"] = "current"
    aligned_method: Literal["salience", "ctc", "conv1d", "avg_pool", "none"] = "salience"
    residual: bool = True
    fusion_start: Literal["identity", "paper"] = "identity"
    temperature: Annotated[float, Range(0, 1_000_000, above=True)] = 0.7
    negatives: Literal["other_labels", "literal"] = "other_labels"
    num_descriptions: Annotated[int, Range(1, 1_000_000)] = 3
    descriptions_path: str = ""
    sentence_encoder: str = "all-MiniLM-L6-v2"
    pooling: Literal["first", "mean"] = "first"
    dropout_prob: Annotated[float, Range(0, 1, below=True)] = 0.1

    def __post_init__(self) -> None:
        check(self)
