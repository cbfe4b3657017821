"""The ``Param`` of a method as a host's config modules have it: every setting, as plain values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from ...plugin.method import Method
from ...plugin.params import load_param
from ...plugin.registry import METHOD_GROUP, find, names
from ...plugin.settings import grid, split_settings
from ...training.settings import TrainSettings
from .sources import source_of

OOD = "_ood"  # MIntRec2.0 calls a method's variant that trains with out-of-scope clips <name>_ood


def plugin(name: str) -> Method:
    """The method plugin behind a name in a host: ``amess`` and ``amess_ood`` are both A-MESS.

    Raises:
        UserError: unknown.
    """
    if name.endswith(OOD) and name not in names(METHOD_GROUP):
        name = name[: -len(OOD)]
    return find(METHOD_GROUP, name)


def host_param(method_name: str, config: str | None = None, overrides: Mapping[str, Any] | None = None) -> type:
    """The ``Param`` class for a host's config module.

    Args:
        method_name: as in the host's ``--method``.
        config: a config of the method (``amess_paper``), or the path of a file with one; None: the data set's.
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
            # a config may look at the backbone's files, which the host's name for it does not lead to
            options = SimpleNamespace(**{**vars(args), "text_backbone": source_of(args)})
            values = all_settings(method, load_param(method, args.dataset, config)(options).hyper_param)
            if method_name != method.name:
                values["ood_training"] = "outlier_exposure"  # as the host's own methods of that name train
            values.update(overrides or {})
            for chosen, _ in grid(values):
                split_settings(chosen, TrainSettings, method.settings)  # a wrong one is told now, not after the data
            self.hyper_param = {key: single(value) for key, value in values.items()}

    return Param


def all_settings(method: Method, values: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of training and method with ``values`` over them; batches are the host's, of clips of any length."""
    defaults = {
        field.name: field.default for kind in (TrainSettings, method.settings) for field in dataclasses.fields(kind)
    }
    return {**defaults, "length_batches": False, **values}


def single(value: Any) -> Any:
    """A list of one value is that value: as a list some hosts would take it into their results table."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def settings_of(args: Any, method: Method) -> list[Any]:
    """The training settings and the method's own, out of a host's ``args``."""
    keys = all_settings(method, {})
    return split_settings({key: args[key] for key in keys if key in args}, TrainSettings, method.settings)
