"""What a command line leaves out."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from copy import copy
from typing import Any

from ..data.dataset import DataSet
from ..errors import UserError
from ..nn.lookup import DEMO
from ..plugin.method import Method
from ..plugin.params import load_param, place_of
from .options import make_options

DEMO_DATASET = "MIntRec2.0"
BACKBONE = "bert-base-uncased"


def with_defaults(options: argparse.Namespace, method: Method, dataset: DataSet) -> argparse.Namespace:
    """A copy of the options: plugins replaced by their names, and the rest filled in for the method and data set.

    Raises:
        UserError: no data folder is given, and there is no demo of the data set.
    """
    options = copy(options)
    if options.data_path is None:
        options.data_path = getattr(dataset, "data_path", None)
    options.method, options.dataset, options.demo = method.name, dataset.name, options.data_path is None
    if options.demo and options.dataset != DEMO_DATASET:
        raise UserError(f"there is no demo data for {options.dataset}; give --data_path DIR")
    options.test_ood = options.test_ood or options.ood or options.demo
    options.train_ood = options.train_ood or options.demo
    if options.demo and options.text_backbone is None:
        options.text_backbone = DEMO
    param = load_param(method, options.dataset, options.config_file_name)
    for key, value in param_defaults(param).items():
        if getattr(options, key) is None:
            setattr(options, key, value)
    if options.text_backbone is None:
        options.text_backbone = BACKBONE
    if options.demo and options.restore is None:
        options.train = True
    return options


def param_defaults(param: Any) -> dict[str, Any]:
    """The options that a ``Param`` fills in, checked like those of a command line.

    Raises:
        UserError: its ``defaults`` are not a dictionary, or hold an unknown option or a value that it does not take.
    """
    values = getattr(param, "defaults", {})
    if not isinstance(values, Mapping):
        raise UserError(f"{place_of(param)}: Param.defaults should be a dictionary of options")
    try:
        checked = make_options(dict(values))
    except UserError as error:
        raise UserError(f"{place_of(param)}: Param.defaults: {error}") from error
    return {name: getattr(checked, name) for name in values}
