"""MAG-BERT with the paper's gate: a displacement may be as long as the text embedding (beta 1, not 0.005)."""

from .mag_bert_MIntRec2 import Param as MIntRec2Param


class Param(MIntRec2Param):
    """Hyper-parameters; see :mod:`.mag_bert_MIntRec2`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(beta_shift=1.0)
