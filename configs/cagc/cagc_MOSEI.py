"""CAGC on CMU-MOSEI, as on CMU-MOSI."""

from .cagc_MOSI import Param

__all__ = ["Param"]
