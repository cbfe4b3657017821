"""MIAR on CMU-MOSEI, as on CMU-MOSI."""

from .miar_MOSI import Param

__all__ = ["Param"]
