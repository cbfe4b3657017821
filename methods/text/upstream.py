"""The text-only baseline as a contribution to a benchmark."""

from .model import build

NAME = "Text only"

__all__ = ["NAME", "build"]
