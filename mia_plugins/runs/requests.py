"""Which clips a command's options ask for."""

from __future__ import annotations

import argparse

from ..data.dataset import DataRequest
from ..errors import UserError


def data_mode(options: argparse.Namespace) -> str:
    """Which labels are learned; ``ood`` is one of the benchmarks' names for the usual ones."""
    return "binary-class" if options.data_mode == "binary-class" else "multi-class"


def names(options: argparse.Namespace) -> tuple[str, ...]:
    """The splits that are read: a restored model has what it needs of the training clips.

    But noise is drawn like them, and they may be part of a dialogue.
    """
    test_alone = bool(options.restore) and not options.modality_ablation and options.context_from != "all_splits"
    return ("test",) if test_alone else ("train", "dev", "test")


def data_request(options: argparse.Namespace) -> DataRequest:
    """The clips that the options ask for."""
    return DataRequest(
        data_path=str(options.data_path),
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


def check_scope(options: argparse.Namespace, problem: str) -> None:
    """Refuses out-of-scope options where nothing can be out of scope.

    Raises:
        UserError: names the option.
    """
    for name in ("train_ood", "test_ood"):
        if problem != "multi-class" and getattr(options, name):
            raise UserError(
                f"--{name}: {options.dataset} is a {problem} problem, where no clip is out of scope; leave --{name} out"
            )
