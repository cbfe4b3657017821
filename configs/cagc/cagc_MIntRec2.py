"""CAGC on MIntRec2.0, where the paper does not try it: as on MIntRec, for the epochs that the benchmark gives there."""

from .cagc_MIntRec import Param as MIntRecParam


class Param(MIntRecParam):
    """Hyper-parameters; see :mod:`.cagc_MIntRec`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(num_train_epochs=40, eval_monitor="acc")
