"""MulT on CMU-MOSEI, as on CMU-MOSI."""

from .mult_MOSI import Param

__all__ = ["Param"]
