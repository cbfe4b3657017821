"""MulT as a contribution to a benchmark that has none."""

from .model import build

TITLE = "Multimodal Transformer for Unaligned Multimodal Language Sequences"
NAME = "MulT"
PAPER = "https://aclanthology.org/P19-1656"
VENUE = "ACL 2019"

__all__ = ["NAME", "PAPER", "TITLE", "VENUE", "build"]
