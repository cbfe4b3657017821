"""MISA on CMU-MOSEI, as on CMU-MOSI."""

from .misa_MOSI import Param

__all__ = ["Param"]
