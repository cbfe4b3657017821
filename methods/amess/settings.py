"""The method's own hyper-parameters."""

from __future__ import annotations

from dataclasses import dataclass

from mia_plugins.errors import UserError
from mia_plugins.nn.alignment import NAMES as ALIGNMENTS

CHOICES = {
    "aligned_method": ALIGNMENTS,
    "fusion_start": ("identity", "paper"),
    "negatives": ("other_labels", "literal"),
    "pooling": ("first", "mean"),
}


@dataclass(frozen=True)
class Settings:
    """Numbers refer to ``docs/readings.md``, the readings of what the paper leaves open.

    Args:
        anchor_embedding: use A-ME; without it the mean frames are added to the text (ablation "w/o A-ME").
        semantic_sync: use T_f and its contrastive loss (ablation "w/o SS" without).
        num_anchors: k, the number of anchors; 50 keeps every token (no selection).
        aligned_method: how frames meet text positions: ctc, conv1d, avg_pool or none (2).
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
    num_anchors: int = 8
    aligned_method: str = "ctc"
    residual: bool = True
    fusion_start: str = "identity"
    temperature: float = 0.7
    negatives: str = "other_labels"
    num_descriptions: int = 3
    descriptions_path: str = ""
    sentence_encoder: str = "all-MiniLM-L6-v2"
    pooling: str = "first"
    dropout_prob: float = 0.1

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise UserError(f"{name}={getattr(self, name)!r} is none of: {', '.join(choices)}")
        if self.num_anchors < 1 or self.num_descriptions < 1:
            raise UserError("num_anchors and num_descriptions must be 1 or more")
        if not self.temperature > 0 or not 0 <= self.dropout_prob < 1:
            raise UserError("temperature must be above 0 and dropout_prob in [0, 1)")
