"""The ``Param`` of a method as a host's config modules have it: every setting, as plain values."""

from __future__ import annotations

import dataclasses
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from ...errors import UserError
from ...evaluation.metrics import monitors
from ...plugin.method import Method
from ...plugin.params import hyper_parameters, load_param
from ...plugin.settings import grid, parse_assignments, split_settings
from ...training.settings import TrainSettings
from ..facts.names import OOD, plugin
from .dialogues import SETTINGS, context_setting, is_multi_turn
from .sources import source_of


def host_param(method_name: str, config: str | None = None, overrides: Mapping[str, Any] | None = None) -> type:
    """The ``Param`` class for a host's config module.

    Args:
        method_name: as in the host's ``--method``.
        config: a config of the method, or the path of a file with one; None: the data set's.
        overrides: settings that go before all others; a list is a grid.

    Returns:
        A class called with the host's ``args``; its ``hyper_param`` holds the training settings' and the method's
        defaults, overridden by the method's own ``Param``, overridden by ``overrides``.
    """

    class Param:
        """All settings as plain values: what a host finds as a list it runs as a grid."""

        #: beside hyper_param for MIntRec, which pads by these; the two share no key
        common_param = {"padding_mode": "zero", "padding_loc": "end"}

        def __init__(self, args: Any) -> None:
            method = plugin(method_name)
            param = load_param(method, args.dataset, config, again=False)
            # a config may look at the backbone's files, which the host's name for it does not lead to
            options = Namespace(**{**vars(args), "text_backbone": source_of(args)})
            values = all_settings(method, hyper_parameters(param, options) if param is not None else {})
            if method_name.endswith(method.name + OOD):
                values["ood_training"] = "outlier_exposure"  # as the host's own methods of that name train
            values.update(overrides or {})
            if is_multi_turn(args):
                values = {**SETTINGS, **values}
            for chosen, _ in grid(values):  # a wrong one ends the run now, not after the data
                if is_multi_turn(args):
                    context_setting(chosen)
                    chosen = {key: value for key, value in chosen.items() if key not in SETTINGS}
                split_settings(chosen, TrainSettings, method.settings)
            self.hyper_param = {key: for_host(value) for key, value in values.items()}

    return Param


def all_settings(method: Method, values: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of training and method with ``values`` over them; batches are the host's, of clips of any length."""
    defaults = {
        field.name: field.default
        for kind in (TrainSettings, method.settings)
        for field in dataclasses.fields(kind)
        if field.default is not dataclasses.MISSING
    }
    return {**defaults, "length_batches": False, **values}


def for_host(value: Any) -> Any:
    """A setting as a host may hold it.

    A list is a grid there, so a list of one value is that value, and a tuple, which its dictionary may turn into a list,
    is text.

    >>> for_host([4]), for_host((1, 2)), for_host([(1, 2), (3, 4)])
    (4, '(1, 2)', ['(1, 2)', '(3, 4)'])
    """
    if isinstance(value, list):
        return for_host(value[0]) if len(value) == 1 else [for_host(each) for each in value]
    return repr(value) if isinstance(value, tuple) else value


def from_host(value: Any) -> Any:
    """The setting behind :func:`for_host`'s value.

    >>> from_host("(1, 2)"), from_host("none"), from_host(4)
    ((1, 2), 'none', 4)
    """
    if isinstance(value, str) and value.startswith("(") and value.endswith(")"):
        return next(iter(parse_assignments([f"value={value}"]).values()))
    return value


def settings_of(args: Any, method: Method) -> list[Any]:
    """The training settings and the method's, out of a host's ``args``.

    Raises:
        UserError: the monitor scores what no host learns, such as a number.
    """
    kinds = (TrainSettings, method.settings)
    known = [field.name for kind in kinds for field in dataclasses.fields(kind)]
    settings = split_settings({key: from_host(args[key]) for key in known if key in args}, *kinds)
    monitor, fitting = settings[0].eval_monitor, monitors("multi-class")
    if monitor not in fitting:
        raise UserError(f"eval_monitor={monitor}: the benchmarks learn one intent a clip; choose {', '.join(fitting)}")
    return settings
