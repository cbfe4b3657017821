"""TCL-MAP as a contribution to a benchmark that has none."""

from .model import build

TITLE = "Token-Level Contrastive Learning with Modality-Aware Prompting for Multimodal Intent Recognition"
NAME = "TCL-MAP"
PAPER = "https://arxiv.org/abs/2312.14667"
VENUE = "AAAI 2024"

__all__ = ["NAME", "PAPER", "TITLE", "VENUE", "build"]
