"""TCL-MAP on CMU-MOSEI, as on CMU-MOSI."""

from .tcl_map_MOSI import Param

__all__ = ["Param"]
