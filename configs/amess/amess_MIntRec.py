"""A-MESS on MIntRec: as on MIntRec2.0, except for what measured better here."""

from .amess_MIntRec2 import Param as MIntRec2Param


class Param(MIntRec2Param):
    """Hyper-parameters; see :mod:`.amess_MIntRec2`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(new_lr_factor=20.0, eval_monitor="f1")
