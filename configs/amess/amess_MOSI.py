"""A-MESS on CMU-MOSI: as on MIntRec2.0; the best epoch is that of the lowest error on dev, as in MMSA."""

from .amess_MIntRec2 import Param as BaseParam


class Param(BaseParam):
    """Hyper-parameters; see :mod:`.amess_MIntRec2`."""

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(eval_monitor="MAE", wait_patience=8)
