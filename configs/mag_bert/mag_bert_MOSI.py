"""MAG-BERT on CMU-MOSI: MIntRec's rates, the paper's gate; the epoch of the lowest error on dev counts, as in MMSA."""

from .mag_bert_MIntRec import Param as BaseParam


class Param(BaseParam):
    """Hyper-parameters; see :mod:`.mag_bert_MIntRec`."""

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(
            eval_monitor="MAE",
            beta_shift=1.0,
            dropout_prob=0.5,
        )
