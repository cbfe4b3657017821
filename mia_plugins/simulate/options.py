"""The options of ``mia-plugins data simulate``."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TypeVar

from .annotations import TEST_STEP
from .described import Wording
from .layouts import DATA_SETS, MODALITIES
from .planted import SHORTEST, Signal

Number = TypeVar("Number", int, float)
LAYOUTS = tuple(dict.fromkeys(name for data_set in DATA_SETS.values() for name in data_set.layouts))


def at_least(least: Number) -> Callable[[str], Number]:
    """A type for argparse: a number of the kind of ``least``, not below it."""
    return between(least, type(least)(2**53))


def between(least: Number, most: Number) -> Callable[[str], Number]:
    """A type for argparse: a number of the kind of ``least``, from ``least`` to ``most``.

    >>> between(0.0, 1.0)("0.5")
    0.5
    """

    def number(text: str) -> Number:
        try:
            value = type(least)(text)
        except ValueError:
            value = type(least)(least - 1)
        if math.isnan(value) or not least <= value <= most:
            kind = "whole number" if isinstance(least, int) else "number"
            up_to = f" to {most}" if most < 2**53 else ""
            raise argparse.ArgumentTypeError(f"{text!r} is no {kind} from {least}{up_to or ' on'}")
        return value

    return number


def add_common(parser: argparse.ArgumentParser) -> None:
    """Adds what both kinds have: annotations, target, layout, choice of clips, widths."""
    parser.add_argument(
        "annotations", metavar="ANNOTATIONS_DIR", help="folder of train.tsv, dev.tsv and, if there is one, test.tsv"
    )
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the new data path")
    parser.add_argument("--dataset", required=True, choices=tuple(DATA_SETS), help="whose annotations these are")
    parser.add_argument(
        "--layout",
        choices=LAYOUTS,
        help="the benchmark whose files to write (default: mintrec for MIntRec, else mmoir)",
    )
    parser.add_argument("--force", action="store_true", help="replace DIR if it is an earlier simulated data set")
    group = parser.add_argument_group("clips")
    group.add_argument("--train_rows", type=at_least(1), metavar="N", help="only the first N rows of train")
    group.add_argument(
        "--clips_per_label", type=at_least(1), metavar="N", help="of these rows of train only the first N of each label"
    )
    group.add_argument("--eval_rows", type=at_least(1), metavar="N", help="only the first N rows of dev and of test")
    group.add_argument(
        "--test_from",
        choices=tuple(TEST_STEP),
        default="dev",
        help="where there is no test.tsv: every second row of dev (default), or every fifth of train, becomes test",
    )
    group.add_argument(
        "--out_of_scope", nargs="+", default=[], metavar="LABEL", help="labels whose clips become out of scope"
    )
    group = parser.add_argument_group("features")
    for name in MODALITIES:
        group.add_argument(
            f"--{name}_width", type=at_least(1), metavar="N", help=f"width of {name} frames (default: as published)"
        )


def add_planted(parser: argparse.ArgumentParser) -> None:
    """Adds what describes the signal."""
    usual = Signal()
    group = parser.add_argument_group("signal")
    group.add_argument(
        "--signal",
        type=at_least(0.0),
        default=usual.strength,
        metavar="S",
        help="size of a direction's coordinates beside the noise's of 1 (default: %(default)s); 0: noise alone",
    )
    group.add_argument(
        "--reach",
        type=between(0.0, 1.0),
        default=usual.reach,
        metavar="P",
        help="part of the in-scope clips with a signal, in each modality by itself (default: %(default)s)",
    )
    group.add_argument(
        "--carriers", nargs="+", choices=MODALITIES, default=list(MODALITIES), help="what carries it (default: both)"
    )
    for name in MODALITIES:
        group.add_argument(
            f"--{name}_frames",
            type=at_least(float(SHORTEST)),
            default=usual.mean_frames[name],
            metavar="N",
            help=f"mean length of {name} (default: %(default)s)",
        )
    group.add_argument(
        "--seed", type=at_least(0), default=usual.seed, metavar="N", help="of all that is drawn for clips"
    )
    group.add_argument(
        "--direction_seed",
        type=at_least(0),
        default=usual.direction_seed,
        metavar="N",
        help="of the labels' directions",
    )


def add_described(parser: argparse.ArgumentParser) -> None:
    """Adds what describes the descriptions and their encoder."""
    usual = Wording()
    group = parser.add_argument_group("descriptions")
    group.add_argument(
        "--descriptions",
        nargs="+",
        metavar="FILE",
        help="tables that name the clips as the annotations do (default: train.descriptions.tsv, ... beside these)",
    )
    group.add_argument(
        "--encoder", default="all-MiniLM-L6-v2", metavar="NAME", help="a name, hub id or folder (default: %(default)s)"
    )
    for name in MODALITIES:
        group.add_argument(
            f"--{name}_columns",
            nargs="+",
            default=list(usual.columns[name]),
            metavar="PART",
            help=f"parts of the names of the columns that become {name} (default: {' '.join(usual.columns[name])})",
        )
        group.add_argument(
            f"--{name}_words",
            type=at_least(3),
            default=usual.words[name],
            metavar="N",
            help=f"tokens to keep for {name} (default: %(default)s)",
        )
    group.add_argument("--seed", type=at_least(0), default=usual.seed, metavar="N", help="of the projections")
