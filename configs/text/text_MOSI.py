"""The text-only baseline on CMU-MOSI; the epoch of the lowest error on dev counts, as in MMSA."""

from .text import Param as BaseParam


class Param(BaseParam):
    """Hyper-parameters; see :mod:`.text`."""

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(eval_monitor="MAE", wait_patience=8)
