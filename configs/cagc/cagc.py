"""CAGC on a data set that has no settings of its own."""

from .cagc_MIntRec import Param

__all__ = ["Param"]
