"""What a run needs before it starts: its data set and the tokenizer of its text backbone."""

from __future__ import annotations

import argparse
from typing import Any

from ..data.clips import LoadedData
from ..data.dataset import DataSet
from ..nn.backbones import load_tokenizer
from ..nn.lookup import encoder_digest
from .requests import data_request


class Setup:
    """Reads data sets and tokenizers, and keeps the last one of each for the next run of the same command.

    The weights of the text backbone are not kept: they are mapped from disk, which is faster than copying them.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, Any]] = {}

    def data(self, options: argparse.Namespace, dataset: DataSet) -> LoadedData:
        """The clips that the options ask for.

        Raises:
            UserError: a file is missing or damaged.
        """
        key = dataset.name, data_request(options)
        if not self._has("data", key):
            self._kept["data"] = key, read_data(options, dataset)
        return self._kept["data"][1]

    def tokenizer(self, source: str) -> Any:
        """The tokenizer of a text backbone.

        Raises:
            UserError: it cannot be loaded.
        """
        key = source, encoder_digest(source)
        if not self._has("tokenizer", key):
            self._kept["tokenizer"] = key, load_tokenizer(source)
        return self._kept["tokenizer"][1]

    def _has(self, what: str, key: Any) -> bool:
        """Whether the one that is kept is the one asked for; any other is dropped, as two may not fit into memory."""
        if what in self._kept and self._kept[what][0] == key:
            return True
        self._kept.pop(what, None)
        return False


def read_data(options: argparse.Namespace, dataset: DataSet) -> LoadedData:
    """The clips that the options ask for.

    Raises:
        UserError: a file is missing or damaged.
    """
    return dataset.read(data_request(options))
