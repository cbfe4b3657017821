"""CAGC on MIntRec, as in the paper; it gives neither batch size nor epochs: these are TCL-MAP's."""

from mia_plugins.nn.lookup import usual_rates


class Param:
    """Hyper-parameters, with ``hyper_param`` as the benchmark reads it; a list would be a grid.

    Args:
        args: the run's options; reads ``text_backbone``.
    """

    defaults = {"text_backbone": "bert-base-uncased"}

    def __init__(self, args) -> None:
        self.hyper_param = {
            "num_train_epochs": 100,
            **usual_rates(args.text_backbone, train_batch_size=16, lr=2e-5, new_lr_factor=1.0),
            "eval_monitor": "f1",
            "wait_patience": 8,
            "neighbours": 7,
            "temperature": 0.7,
            "local_weight": 0.02,
            "global_weight": 0.02,
        }
