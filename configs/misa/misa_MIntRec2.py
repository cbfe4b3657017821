"""MISA on MIntRec2.0: the paper's losses and weights (CMD), trained as MIntRec trains it."""

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
            **usual_rates(args.text_backbone, train_batch_size=16, lr=2e-5, new_lr_factor=1.0),
            "weight_decay": 0.0,
            "eval_monitor": "acc",
            "wait_patience": 8,
            "hidden_size": 256,
            "dropout_rate": 0.1,
            "use_cmd_sim": True,
            "diff_weight": 0.3,
            "sim_weight": 1.0,
            "recon_weight": 1.0,
        }
