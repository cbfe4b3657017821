"""TCL-MAP on MIntRec, as its authors train it."""

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
            "weight_decay": 0.1,
            "warmup_proportion": 0.1,
            "grad_clip": 0.0,
            "eval_monitor": "f1",
            "wait_patience": 8,
            "prompt_length": 3,
            "label_length": 4,
            "shared_dim": 256,
            "heads": 8,
            "layers": 5,
            "attn_dropout": 0.1,
            "relu_dropout": 0.0,
            "res_dropout": 0.1,
            "embed_dropout": 0.2,
            "beta_shift": 0.006,
            "dropout_prob": 0.5,
            "temperature": 0.5,
        }
