"""The text-only baseline, on any data set."""

from mia_plugins.nn.lookup import usual_rates


class Param:
    """Hyper-parameters, with ``hyper_param`` as the benchmark reads it.

    Args:
        args: the run's options; reads ``text_backbone`` and ``dataset``.
    """

    defaults = {"text_backbone": "bert-large-uncased"}

    def __init__(self, args) -> None:
        self.hyper_param = {
            "num_train_epochs": 40,
            **usual_rates(args.text_backbone),
            "new_lr_factor": 10.0,
            "eval_monitor": "f1" if args.dataset == "MIntRec" else "acc",
            "wait_patience": 8,
        }
