"""MAG-BERT where clips are few: the paper's gate (beta 1) and less dropout, so that video and audio are heard at all."""

from .mag_bert_MIntRec import Param as MIntRecParam


class Param(MIntRecParam):
    """Hyper-parameters; see :mod:`.mag_bert_MIntRec`."""

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(beta_shift=1.0, dropout_prob=0.1)
