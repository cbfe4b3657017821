"""MIAR on MIntRec2.0."""

from .miar import Param

__all__ = ["Param"]
