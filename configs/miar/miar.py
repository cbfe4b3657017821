"""MIAR on any data set: epochs, rates and patience of A-MESS on MIntRec2.0."""

from mia_plugins.nn.lookup import usual_rates


class Param:
    """Hyper-parameters, with ``hyper_param`` as the benchmark reads it; a list would be a grid.

    Args:
        args: the run's options; reads ``text_backbone``.
    """

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        self.hyper_param = {
            "num_train_epochs": 40,
            **usual_rates(args.text_backbone, train_batch_size=16),
            "eval_monitor": "acc",
            "wait_patience": 8,
        }
