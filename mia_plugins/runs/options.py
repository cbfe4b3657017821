"""The command line of ``run.py``: the benchmark's options, and a few more."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..errors import UserError
from ..plugin.registry import DATASET_GROUP, DEFAULT_DATASET, DEFAULT_METHOD, METHOD_GROUP, names
from ..plugin.values import shown
from .context import add_options
from .option_values import IGNORED, Real, Whole, check_values, checked
from .trackers import NAMES

DETECTORS = ("ma", "vim", "msp", "maxlogit", "energy", "residual")
MOST_SEED = 2**32 - 1  # of numpy
MOST_WORKERS = 256


class Parser(argparse.ArgumentParser):
    """Reports a wrong option in one line, like every other error."""

    def error(self, message: str) -> Any:
        raise UserError(f"{' '.join(message.split())[:300]}; see --help")


def make_parser() -> argparse.ArgumentParser:
    """The parser; every option has a default, so that ``--method amess --dataset MIntRec2.0`` is a complete command."""
    parser = Parser(
        prog="run.py",
        allow_abbrev=False,
        description="Trains, tests and scores a method for multimodal intent recognition. Without --data_path it uses "
        "an embedded demo data set (synthetic), and trains.",
    )

    parser.add_argument("--version", action="version", version=f"mia-plugins {__version__}")
    parser.set_defaults(set={}, demo=False, given=frozenset())

    group = parser.add_argument_group("what to run")
    methods, datasets = (", ".join(sorted(names(which))) for which in (METHOD_GROUP, DATASET_GROUP))
    group.add_argument(
        "--method",
        default=DEFAULT_METHOD,
        metavar="NAME",
        help=f"{methods}; or the path of a file with one (default: %(default)s)",
    )
    group.add_argument(
        "--dataset",
        default=DEFAULT_DATASET,
        metavar="NAME",
        help=f"{datasets}; or the path of a file with one (default: %(default)s)",
    )
    group.add_argument("--train", action="store_true", help="train first; without it a saved model is restored")
    group.add_argument("--seed", type=Whole(0, MOST_SEED), default=0, metavar="N", help="random seed (default: 0)")
    group.add_argument("--seeds", type=Whole(0, MOST_SEED), nargs="+", metavar="N", help="several seeds, one run each")
    group.add_argument("--resume", action="store_true", help="continue an interrupted training")
    group.add_argument("--again", action="store_true", help="repeat a run that is already finished")
    group.add_argument(
        "--restore", metavar="DIR", help="test the model in a run's folder; it brings its method, settings and labels"
    )

    group = parser.add_argument_group("data")
    group.add_argument("--data_path", metavar="DIR", help="folder of the data sets, or of this one")
    group.add_argument(
        "--data_mode",
        default="multi-class",
        choices=("multi-class", "binary-class", "ood"),
        help="binary-class: MIntRec's Emotion and Goal; ood: as multi-class",
    )
    group.add_argument("--ood_dataset", metavar="NAME", help="out-of-scope data set (default: <dataset>-OOD)")
    group.add_argument("--video_feats", metavar="NAME", help="video features: swin-roi, swin-full, resnet-50 or a file")
    group.add_argument("--audio_feats", metavar="NAME", help="audio features: wavlm, wav2vec2 or a file")
    group.add_argument("--video_data_path", default="video_data", metavar="DIR", help="folder of the video features")
    group.add_argument("--audio_data_path", default="audio_data", metavar="DIR", help="folder of the audio features")
    group.add_argument(
        "--num_workers",
        type=Whole(0, MOST_WORKERS),
        metavar="N",
        help="processes that load batches (default: 4 with a GPU)",
    )

    group = parser.add_argument_group("out-of-scope utterances")
    group.add_argument("--train_ood", action="store_true", help="train with them (see ood_training in the settings)")
    group.add_argument("--test_ood", action="store_true", help="test with them")
    group.add_argument("--ood", action="store_true", help="MIntRec2.0's name for --test_ood")
    group.add_argument(
        "--test_mode",
        default="ood_cls",
        choices=("ood_cls", "ood_det"),
        help="ood_cls: classify, out of scope included; ood_det: detect by a score",
    )
    group.add_argument("--ood_detection_method", default="ma", choices=DETECTORS, help="the score (default: ma)")

    group = parser.add_argument_group("new intents")
    group.add_argument(
        "--unseen",
        action="append",
        default=[],
        metavar="NAME",
        help="with --restore: an intent that the model was not trained for, beside its own; may be repeated",
    )
    group.add_argument(
        "--descriptions_path", metavar="FILE", help="sentences that describe the new intents: a JSON file by label"
    )

    group = parser.add_argument_group("model and settings")
    group.add_argument("--text_backbone", metavar="NAME", help="pre-trained encoder: a name, hub id or folder")
    group.add_argument("--freeze_backbone_parameters", action="store_true", help="train only its last layer")
    group.add_argument("--config_file_name", metavar="NAME", help="settings: a config's name, or your own .py file")
    group.add_argument(
        "--set",
        dest="assignments",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any hyper-parameter; a list such as [4,8] runs each; may be repeated",
    )
    group.add_argument(
        "--tune",
        action="store_true",
        help="search the lists in the settings with Optuna, by the dev score, instead of running every combination; "
        "the same command continues an interrupted search",
    )
    group.add_argument(
        "--trials", type=Whole(1, 10_000), default=20, metavar="N", help="trials of --tune (default: %(default)s)"
    )
    group.add_argument("--gpu_id", metavar="N", help="GPU to use, or cpu (default: a GPU if there is one)")

    group = parser.add_argument_group("what to keep")
    group.add_argument(
        "--save_model",
        action="store_true",
        default=None,
        help="keep the trained model (the default, except for the trials of --tune)",
    )
    group.add_argument("--no_save_model", dest="save_model", action="store_false", help="do not keep it")
    group.add_argument("--save_results", action="store_true", help="append to the results table, keep predictions")
    group.add_argument("--results_path", default="results", metavar="DIR", help="folder of the results table")
    group.add_argument("--results_file_name", default="results.csv", metavar="FILE", help="its name")
    group.add_argument("--output_path", default="outputs", metavar="DIR", help="folder of models and predictions")
    group.add_argument("--model_path", default="models", metavar="DIR", help="folder of the model inside a run's own")
    group.add_argument("--log_path", default="logs", metavar="DIR", help="folder of the log files")

    group.add_argument(
        "--report_to",
        nargs="+",
        default=[],
        choices=NAMES,
        metavar="NAME",
        help=f"trackers that show losses, scores and pictures, offline: {', '.join(NAMES)}",
    )
    group.add_argument("--verbose", action="store_true", help="show the log's details, such as the files that are read")
    group.add_argument(
        "--modality_ablation",
        action="store_true",
        help="score the test split again with each modality dropped, shuffled between clips, or replaced by noise",
    )

    add_options(parser.add_argument_group("dialogues (docs/dialogues.md)"), Whole, Real)

    group = parser.add_argument_group("accepted from the benchmark's command lines, without effect")
    for name in IGNORED:
        group.add_argument(f"--{name}", help=argparse.SUPPRESS)
    return parser


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a command line; ``given`` names those that were stated."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    options.given = given(parser, arguments)
    for action in parser._actions:
        if action.dest in options.given:  # argparse makes an empty list of "--seed=--"
            setattr(options, action.dest, checked(action.dest, getattr(options, action.dest), action))
    return check_values(options)


def given(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> frozenset[str]:
    """The options that a command line states."""
    silent = argparse.Namespace(**{action.dest: UNSAID for action in parser._actions})
    # an appending option would take the placeholder for its list
    silent.assignments = silent.unseen = None
    filled = parser.parse_args(arguments, silent)
    filled.assignments, filled.unseen = filled.assignments or UNSAID, filled.unseen or UNSAID
    return frozenset(name for name in vars(silent) if getattr(filled, name) is not UNSAID)


UNSAID = object()


def make_options(values: dict[str, Any]) -> argparse.Namespace:
    """Options from keywords instead of a command line, checked the same way; ``set`` is a dictionary of settings.

    Raises:
        UserError: an unknown keyword, or a value that the option does not take.
    """
    parser = make_parser()
    options = parser.parse_args([])
    actions = {action.dest: action for action in parser._actions if action.dest in vars(options)}
    known = sorted([*actions, "set"])
    for name, value in values.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1) if isinstance(name, str) else []
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
            raise UserError(f"unknown option {shown(name)}; {hint}")
        setattr(options, name, checked(name, value, actions.get(name)))
    options.given = frozenset(values)
    return check_values(options)
