"""``mia-plugins data check``: everything that is wrong with a data set, at once."""

from __future__ import annotations

import argparse
import os
from typing import Any

from ..data.dataset import DataRequest, DataSet
from ..errors import UserError
from ..plugin.registry import DATASET_GROUP, find_dataset, names


def add_parser(subparsers: Any) -> None:
    """Adds the command to those of ``mia-plugins data``."""
    parser = subparsers.add_parser(
        "check",
        help="everything that is wrong with a data set, at once",
        description="Reads all splits of a data set, out-of-scope ones too, and lists what is wrong by file and row, "
        "errors before warnings. Exit code: 0, 1 with warnings alone, 2 with errors.",
    )
    parser.add_argument("data_path", metavar="DIR", help="the data set's folder, as --data_path of a run")
    parser.add_argument(
        "--dataset", metavar="NAME", help="which data set it is (default: the one whose files are there)"
    )
    parser.add_argument("--video_feats", metavar="NAME", help="as in run.py")
    parser.add_argument("--audio_feats", metavar="NAME", help="as in run.py")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(action=check)


def check(options: argparse.Namespace) -> int:
    """Prints what is found; returns the exit code.

    Raises:
        UserError: there is no data set there, or more than one.
    """
    from ..data.check.report import as_json, as_text
    from ..data.check.run import check as check_all

    request = DataRequest(options.data_path, video_feats=options.video_feats, audio_feats=options.audio_feats)
    dataset = find_dataset(options.dataset) if options.dataset else recognized(request)
    checked = check_all(dataset, request)
    print(as_json(checked) if options.json else as_text(checked))
    return 2 if checked.errors.counts else 1 if checked.warnings.counts else 0


def recognized(request: DataRequest) -> DataSet:
    """The data set whose files are in a folder: a registered one, or the folder itself.

    Raises:
        UserError: there is none, or more than one.
    """
    here = []
    for name in names(DATASET_GROUP):
        dataset = find_dataset(name)
        try:
            dataset.files(request)
        except UserError:
            continue
        here.append(dataset)
    if len(here) == 1:
        return here[0]
    if here:
        raise UserError(
            f"{request.data_path}: holds {' and '.join(each.name for each in here)}; choose one with --dataset"
        )
    if not os.path.isdir(request.data_path):
        raise UserError(f"{request.data_path}: no such folder; give that of a data set")
    return find_dataset(os.path.join(request.data_path, ""))
