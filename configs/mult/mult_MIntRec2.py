"""MulT on MIntRec2.0, as the benchmark trains it."""

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
            "weight_decay": 0.0,
            "eval_monitor": "acc",
            "wait_patience": 8,
            "dst_feature_dims": 80,
            "nheads": 2,
            "n_levels": 2,
            "attn_dropout": 0.0,
            "attn_dropout_v": 0.2,
            "attn_dropout_a": 0.2,
            "relu_dropout": 0.3,
            "embed_dropout": 0.1,
            "res_dropout": 0.0,
            "output_dropout": 0.2,
            "text_dropout": 0.4,
            "conv1d_kernel_size_l": 5,
        }
