"""MISA as a contribution to a benchmark that has none."""

from .model import build

TITLE = "MISA: Modality-Invariant and -Specific Representations for Multimodal Sentiment Analysis"
NAME = "MISA"
PAPER = "https://arxiv.org/abs/2005.03545"
VENUE = "ACM MM 2020"

__all__ = ["NAME", "PAPER", "TITLE", "VENUE", "build"]
