"""A-MESS on IEMOCAP-DA, where it has not been tried: as on MIntRec2.0."""

from .amess_MIntRec2 import Param

__all__ = ["Param"]
