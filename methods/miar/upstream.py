"""MIAR as a contribution to a benchmark that has none."""

from .model import build

TITLE = "MIAR: Modality Interaction and Alignment Representation Fusion for Multimodal Emotion"
NAME = "MIAR"
PAPER = "https://arxiv.org/abs/2601.02414"
VENUE = "arXiv 2026"

__all__ = ["NAME", "PAPER", "TITLE", "VENUE", "build"]
