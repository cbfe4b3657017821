"""A-MESS on MIntRec2.0."""

from mia_plugins.nn.lookup import usual_rates


class Param:
    """Hyper-parameters, with ``hyper_param`` as the benchmark reads it; a list would be a grid.

    Args:
        args: the run's options; reads ``text_backbone``.
    """

    #: options that a command line may leave out; used by ``run.py`` here, the benchmarks have their own
    defaults = {"text_backbone": "bert-large-uncased"}

    def __init__(self, args) -> None:
        self.hyper_param = {
            "num_train_epochs": 40,
            **usual_rates(args.text_backbone),
            "new_lr_factor": 10.0,
            "eval_monitor": "acc",
            "wait_patience": 8,
            "num_anchors": 8,
            "temperature": 0.7,
            "num_descriptions": 3,
        }
