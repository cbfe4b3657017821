"""A-MESS on CMU-MOSEI, as on CMU-MOSI."""

from .amess_MOSI import Param

__all__ = ["Param"]
