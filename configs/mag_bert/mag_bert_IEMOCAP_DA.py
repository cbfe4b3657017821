"""MAG-BERT on IEMOCAP-DA, as MMOIR trains it."""

from mia_plugins.nn.lookup import usual_rates

from .mag_bert_MIntRec2 import Param as MIntRec2Param


class Param(MIntRec2Param):
    """Hyper-parameters; see :mod:`.mag_bert_MIntRec2`."""

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        super().__init__(args)
        self.hyper_param.update(
            num_train_epochs=100,
            **usual_rates(args.text_backbone, train_batch_size=16, lr=2e-5, new_lr_factor=1.0),
            eval_monitor="f1",
        )
