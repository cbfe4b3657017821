"""MIAR on MIntRec, with the monitor of A-MESS there."""

from .miar import Param as MIntRec2Param


class Param(MIntRec2Param):
    """Hyper-parameters; see :mod:`.miar`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(eval_monitor="f1")
