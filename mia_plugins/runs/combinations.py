"""The settings that a command asks for: one combination, or with lists a grid."""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

from ..errors import UserError
from ..evaluation.metrics import monitors
from ..plugin.method import Method
from ..plugin.params import hyper_parameters, load_param
from ..plugin.settings import grid, parse_assignments, split_settings
from ..training.settings import TrainSettings

DEMO_SETTINGS = {"num_train_epochs": 8}  # about two minutes on two cores


class Combination(NamedTuple):
    """One choice from the grid (the list-valued entries alone), and the training and method settings it leads to."""

    choice: dict[str, Any]
    settings: TrainSettings
    method_settings: Any

    def values(self) -> dict[str, Any]:
        """All settings by name."""
        return {**vars(self.settings), **vars(self.method_settings)}


def combinations(options: argparse.Namespace, method: Method, problem: str = "multi-class") -> list[Combination]:
    """Every combination of the settings, from defaults, Param and --set; the later of these override the earlier.

    A monitor that a Param or the defaults choose for another problem gives way to the problem's usual one.

    Args:
        options: with the defaults of :func:`mia_plugins.runs.defaults.with_defaults`.
        method: the plugin.
        problem: what is learned.

    Raises:
        UserError: a setting is unknown or has a wrong value.
    """
    param = load_param(method, options.dataset, options.config_file_name, again=False)
    chosen = {**(hyper_parameters(param, options) if param else {}), **(DEMO_SETTINGS if options.demo else {})}
    monitor, fitting = chosen.get("eval_monitor", TrainSettings.eval_monitor), monitors(problem)
    if isinstance(monitor, str) and monitor in monitors() and monitor not in fitting:
        chosen["eval_monitor"] = fitting[0]
    values = {**chosen, **parse_assignments(options.assignments), **options.set}
    every = [
        Combination(choice, *split_settings(single, TrainSettings, method.settings)) for single, choice in grid(values)
    ]
    if len({repr(each.values()) for each in every}) < len(every):
        raise UserError(f"the lists of {', '.join(every[0].choice)} make a combination twice; give each value once")
    if not options.train_ood and any(each.settings.eval_monitor == "is_os_f1" for each in every):
        raise UserError("eval_monitor=is_os_f1 needs out-of-scope dev clips; add --train_ood, or choose another")
    for other in (each.settings.eval_monitor for each in every if each.settings.eval_monitor not in fitting):
        raise UserError(f"eval_monitor={other} does not score a {problem} problem; choose one of {', '.join(fitting)}")
    return every
