"""MulT on CMU-MOSI: MIntRec's settings; the best epoch is that of the lowest error on dev, as in MMSA."""

from .mult_MIntRec import Param as BaseParam


class Param(BaseParam):
    """Hyper-parameters; see :mod:`.mult_MIntRec`."""

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(eval_monitor="MAE", wait_patience=8)
