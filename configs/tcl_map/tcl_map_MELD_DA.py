"""TCL-MAP on MELD-DA, as its authors train it."""

from .tcl_map_MIntRec import Param as MIntRecParam


class Param(MIntRecParam):
    """Hyper-parameters; see :mod:`.tcl_map_MIntRec`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(lr=3e-5, grad_clip=0.4, dropout_prob=0.4, label_length=3, temperature=0.07)
