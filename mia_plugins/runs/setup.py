"""What a run needs before it starts: its data set and the tokenizer of its text backbone."""

from __future__ import annotations

import argparse
from typing import Any

from ..data.adapter import Adapter
from ..data.clips import LoadedData, load_clips
from ..nn.backbones import load_tokenizer
from ..nn.lookup import encoder_digest

# the options that say which clips are read
DATA = (
    "dataset",
    "data_path",
    "data_mode",
    "train_ood",
    "test_ood",
    "ood_dataset",
    "video_feats",
    "audio_feats",
    "video_data_path",
    "audio_data_path",
)


class Setup:
    """Reads data sets and tokenizers, and keeps the last one of each for the next run of the same command.

    The weights of the text backbone are not kept: they are mapped from disk, which is faster than copying them.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, Any]] = {}

    def data(self, options: argparse.Namespace, adapter: Adapter) -> LoadedData:
        """The clips that the options ask for.

        Raises:
            UserError: a file is missing or damaged.
        """
        key = [names(options), *(getattr(options, name) for name in DATA)]
        if not self._has("data", key):
            self._kept["data"] = key, read_data(options, adapter)
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


def data_mode(options: argparse.Namespace) -> str:
    """Which labels are learned; ``ood`` is one of the benchmarks' names for the usual ones."""
    return "binary-class" if options.data_mode == "binary-class" else "multi-class"


def names(options: argparse.Namespace) -> tuple[str, ...]:
    """The splits that are read: a restored model has what it needs of the training clips, but noise is drawn like them."""
    test_alone = bool(options.restore) and not options.modality_ablation
    return ("test",) if test_alone else ("train", "dev", "test")


def read_data(options: argparse.Namespace, adapter: Adapter) -> LoadedData:
    """The clips that the options ask for.

    Raises:
        UserError: a file is missing or damaged.
    """
    return load_clips(
        adapter,
        options.data_path,
        names=names(options),
        data_mode=data_mode(options),
        train_ood=options.train_ood,
        test_ood=options.test_ood,
        ood_dataset=options.ood_dataset,
        video_feats=options.video_feats,
        audio_feats=options.audio_feats,
        video_data_path=options.video_data_path,
        audio_data_path=options.audio_data_path,
    )
