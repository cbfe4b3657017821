"""Runs MMOIR's own ``run.py`` on its own method, watched: its classes, its loop; nothing of this project is imported.

    run_mmoir.py CHECKOUT SETTINGS ARGUMENTS

``SETTINGS``, in JSON: ``backbone`` (a folder), ``width`` (its hidden size), ``method``, ``config`` and ``hyper_param``
(laid over the config's). What a user would edit before a first run is set in memory. The checkout is only read.
"""

import importlib
import json
import os
import runpy
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import watch as watching  # noqa: E402

sys.path.remove(HERE)


def accept_verbose(module):
    """torch 2.7 dropped an argument of the scheduler that mult gives."""
    own = module.ReduceLROnPlateau

    class ReduceLROnPlateau(own):
        def __init__(self, *arguments, verbose=False, **options):
            super().__init__(*arguments, **options)

    module.ReduceLROnPlateau = ReduceLROnPlateau


def main():
    watch = watching.start()
    checkout, settings = sys.argv[1], json.loads(sys.argv[2])
    sys.meta_path.insert(0, watching.Finder({"torch.optim.lr_scheduler": accept_verbose}))
    sys.path.insert(0, checkout)
    if settings.get("mends"):  # today's packages under code of 2023
        from mia_plugins.hosts.live import compat

        compat.apply(own=True)
    tables = importlib.import_module("configs.__init__")
    tables.pretrained_models_path["bert-base-uncased"] = settings["backbone"]
    tables.feat_dims["text"]["bert-base-uncased"] = settings["width"]
    config = importlib.import_module("configs.single_turn.{method}.{config}".format(**settings))

    class Param(config.Param):
        def __init__(self, args):
            super().__init__(args)
            self.hyper_param.update(settings["hyper_param"])

    config.Param = Param
    script = os.path.join(checkout, "run.py")
    sys.argv = [script, *sys.argv[3:]]
    runpy.run_path(script, run_name="__main__")
    watch.finish()


if __name__ == "__main__":
    main()
