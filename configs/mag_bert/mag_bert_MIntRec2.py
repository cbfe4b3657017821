"""MAG-BERT on MIntRec2.0, as the benchmark trains it."""

from mia_plugins.nn.lookup import usual_rates


class Param:
    """Hyper-parameters, with ``hyper_param`` as the benchmark reads it; a list would be a grid.

    Args:
        args: the run's options; reads ``text_backbone``.
    """

    defaults = {"text_backbone": "bert-large-uncased"}

    def __init__(self, args) -> None:
        self.hyper_param = {
            "num_train_epochs": 40,
            **usual_rates(args.text_backbone, train_batch_size=16, lr=5e-6, new_lr_factor=1.0),
            "weight_decay": 0.03,
            "warmup_proportion": 0.1,
            "grad_clip": 0.0,
            "eval_monitor": "acc",
            "wait_patience": 8,
            "beta_shift": 0.005,
            "dropout_prob": 0.5,
            "aligned_method": "ctc",
        }
