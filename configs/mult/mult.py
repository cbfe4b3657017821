"""MulT on a data set that has no settings of its own."""

from .mult_MIntRec2 import Param

__all__ = ["Param"]
