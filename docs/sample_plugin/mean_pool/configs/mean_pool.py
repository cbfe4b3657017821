"""Mean pooling, on any data set."""


class Param:
    """Hyper-parameters; names shared by all methods are in ``mia_plugins.training.settings.TrainSettings``."""

    def __init__(self, args):
        self.hyper_param = {"num_train_epochs": 20, "train_batch_size": 16, "lr": 1e-3, "dropout_prob": 0.1}
