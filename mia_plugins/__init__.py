"""Method plugins for the multimodal intent benchmarks (MIntRec, MIntRec2.0, MMOIR)."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .runs.predictor import Predictor
    from .runs.results import Results
    from .training.loop import Epoch
    from .training.watched import Step

__version__ = "0.1.0"
__all__ = ["load", "register", "run"]


def run(
    *, on_epoch: Callable[[Epoch], None] | None = None, on_step: Callable[[Step], None] | None = None, **options: Any
) -> Results:
    """Runs a method as ``run.py`` does, from Python.

    Args:
        on_epoch: called after every epoch with its number, losses and dev score; what it raises ends the training.
        on_step: called at every step with its number, losses and learning rates; as on_epoch.
        options: the command line's options by name, with ``set`` a dictionary of hyper-parameters, as in
            ``run(method="amess", dataset="MIntRec2.0", data_path=DIR, train=True, set={"lr": 5e-5})``. ``method`` and
            ``dataset`` may also be a :class:`~mia_plugins.plugin.Method` and a :class:`~mia_plugins.plugin.DataSet`,
            or the path of a Python file that holds one.

    Returns:
        The :class:`~mia_plugins.runs.results.Results`: ``runs``, ``mean``, ``std``, ``table``.

    Raises:
        UserError: something of the user's is wrong.
    """
    from .runs.command import run as run_options
    from .runs.options import make_options
    from .system.processes import stop

    results = run_options(make_options(options), on_epoch=on_epoch, on_step=on_step)
    atexit.register(stop)  # not now: the processes of a launcher cannot meet a second time
    return results


def load(path: Any, gpu_id: str | None = None) -> Predictor:
    """A trained model that answers, from the folder of its run.

    ``load("outputs/latest").predict("thank you so much").intent``

    Args:
        path: the folder of a run that kept its model, or that model's folder.
        gpu_id: a GPU's number, or ``cpu``; None: a GPU if there is one.

    Raises:
        UserError: there is no model, or it is damaged.
    """
    from .runs.predictor import load as load_predictor

    return load_predictor(path, gpu_id)


def register(plugin: Any) -> None:
    """Makes a :class:`~mia_plugins.plugin.Method` or :class:`~mia_plugins.plugin.DataSet` known by its name.

    Raises:
        UserError: it is neither.
    """
    from .plugin.registry import register as register_plugin

    register_plugin(plugin)
