"""A-MESS as the paper writes it (section III-D), on either data set; what measured better here is in the other configs."""


class Param:
    """Hyper-parameters, with ``hyper_param`` as the benchmark reads it.

    Args:
        args: the run's options; not read, the paper has one setting.
    """

    defaults = {"text_backbone": "bert-large-uncased"}

    def __init__(self, args) -> None:
        self.hyper_param = {
            "num_train_epochs": 40,
            "train_batch_size": 8,
            "lr": 2e-5,
            "new_lr_factor": 1.0,
            "eval_monitor": "acc",
            "wait_patience": 8,
            "num_anchors": 8,
            "temperature": 0.7,
            "num_descriptions": 3,
            "aligned_method": "ctc",
            "fusion_start": "paper",
            "negatives": "literal",
            "ood_training": "k_plus_1",
        }
