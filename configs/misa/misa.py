"""MISA on a data set that has no settings of its own."""

from .misa_MIntRec2 import Param

__all__ = ["Param"]
