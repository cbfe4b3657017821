"""CAGC as a contribution to a benchmark that has none."""

from .model import build, prepare

TITLE = "Contextual Augmented Global Contrast for Multimodal Intent Recognition"
NAME = "CAGC"
PAPER = "https://openaccess.thecvf.com/CVPR2024"
VENUE = "CVPR 2024"

__all__ = ["NAME", "PAPER", "TITLE", "VENUE", "build", "prepare"]
