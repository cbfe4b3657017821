"""TCL-MAP on a data set that has no settings of its own."""

from .tcl_map_MIntRec import Param

__all__ = ["Param"]
