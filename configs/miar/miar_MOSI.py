"""MIAR on CMU-MOSI: the rates of the other data sets; the best epoch is that of the lowest error on dev, as in MMSA."""

from .miar import Param as BaseParam


class Param(BaseParam):
    """Hyper-parameters; see :mod:`.miar`."""

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(eval_monitor="MAE", wait_patience=8)
