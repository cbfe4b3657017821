"""The text-only baseline on CMU-MOSEI, as on CMU-MOSI."""

from .text_MOSI import Param

__all__ = ["Param"]
