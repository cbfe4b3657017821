"""MISA on CMU-MOSI: as MMSA trains it; the best epoch is that of the lowest error on dev, as in MMSA."""

from .misa_MIntRec import Param as BaseParam


class Param(BaseParam):
    """Hyper-parameters; see :mod:`.misa_MIntRec`."""

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(
            eval_monitor="MAE",
            train_batch_size=16,
            hidden_size=128,
            dropout_rate=0.2,
            diff_weight=0.1,
            sim_weight=0.3,
            recon_weight=1.0,
            grad_clip=0.8,
            wait_patience=8,
        )
