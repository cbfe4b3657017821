"""TCL-MAP on MIntRec2.0, where its authors do not try it: as on MIntRec, for the epochs that the benchmark gives there."""

from .tcl_map_MIntRec import Param as MIntRecParam


class Param(MIntRecParam):
    """Hyper-parameters; see :mod:`.tcl_map_MIntRec`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(num_train_epochs=40, eval_monitor="acc")
