"""``mia-plugins data simulate``: a data set in a benchmark's own files, from annotation tables alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .annotations import SPLITS, TEST_STEP, Annotations, Clip, read_annotations
from .layouts import DATA_SETS, MODALITIES, DataSet, Layout
from .options import at_least, between
from .planted import SHORTEST, Signal, planted_features
from .write import check_target, new_folder, write_data_set

Features = Iterator[tuple[Clip, str, np.ndarray]]
LAYOUTS = tuple(dict.fromkeys(name for data_set in DATA_SETS.values() for name in data_set.layouts))


def add_parser(subparsers: Any) -> None:
    """Adds the command to those of ``mia-plugins data``."""
    parser = subparsers.add_parser(
        "simulate",
        help="real text, simulated video and audio, in a benchmark's own files",
        description="Writes a data set that every part of a benchmark reads, from its annotation tables alone. What is "
        "learned from such video and audio says nothing of the real ones.",
    )
    kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
    planted = kinds.add_parser(
        "planted",
        help="noise with a signal of known strength",
        description="Video and audio are unit Gaussian noise. Two frames of most in-scope clips carry the direction of "
        "their label, two frames of every clip a direction that says nothing.",
    )
    _add_common(planted)
    _add_planted(planted)
    described = kinds.add_parser(
        "described",
        help="word embeddings of given descriptions of the clips",
        description="Video and audio are the word embeddings of descriptions of the clips, for example by a "
        "video-language model, projected to the width of the published features.",
    )
    _add_common(described)
    _add_described(described)


def _add_common(parser: argparse.ArgumentParser) -> None:
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
    group.add_argument("--train_rows", type=at_least(1), metavar="N", help="the first N rows of train alone")
    group.add_argument("--eval_rows", type=at_least(1), metavar="N", help="the first N rows of dev and of test alone")
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
            f"--{name}_width", type=at_least(1), metavar="N", help=f"numbers in a {name} frame (default: as published)"
        )


def _add_planted(parser: argparse.ArgumentParser) -> None:
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
    parser.set_defaults(action=simulate_planted)


def _add_described(parser: argparse.ArgumentParser) -> None:
    from .described import Wording

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
    parser.set_defaults(action=simulate_described)


def simulate_planted(options: argparse.Namespace) -> None:
    """Writes a data set with a planted signal; see ``--help``.

    Raises:
        UserError: the annotations, an option or the folder is not as it must be.
    """
    signal = Signal(
        strength=options.signal,
        reach=options.reach,
        carriers=tuple(options.carriers),
        mean_frames={name: getattr(options, f"{name}_frames") for name in MODALITIES},
        seed=options.seed,
        direction_seed=options.direction_seed,
    )
    data_set, layout, annotations = _prepare(options)
    _write(options, layout, annotations, planted_features(annotations, data_set.labels, layout.modalities, signal))


def simulate_described(options: argparse.Namespace) -> None:
    """Writes a data set of word embeddings; see ``--help``.

    Raises:
        UserError: the annotations, the descriptions, the encoder, an option or the folder is not as it must be.
    """
    from .described import Wording, check_described, described_features, read_descriptions

    wording = Wording(
        columns={name: getattr(options, f"{name}_columns") for name in MODALITIES},
        words={name: getattr(options, f"{name}_words") for name in MODALITIES},
        seed=options.seed,
    )
    data_set, layout, annotations = _prepare(options)
    paths = [Path(name) for name in options.descriptions or ()] or [
        path for split in SPLITS if (path := Path(options.annotations, f"{split}.descriptions.tsv")).is_file()
    ]
    texts = read_descriptions(paths, data_set, wording)
    check_described(annotations, texts, paths or [Path(options.annotations, "train.descriptions.tsv")])
    _write(
        options,
        layout,
        annotations,
        described_features(annotations, texts, layout.modalities, wording, options.encoder),
    )


def _prepare(options: argparse.Namespace) -> tuple[DataSet, Layout, Annotations]:
    check_target(Path(options.output).expanduser(), force=options.force)
    data_set = DATA_SETS[options.dataset]
    layout = data_set.layout(options.layout).with_widths(video=options.video_width, audio=options.audio_width)
    annotations = read_annotations(
        Path(options.annotations).expanduser(),
        data_set,
        columns=layout.columns,
        out_of_scope=options.out_of_scope,
        test_from=options.test_from,
        train_rows=options.train_rows,
        eval_rows=options.eval_rows,
    )
    return data_set, layout, annotations


def _write(options: argparse.Namespace, layout: Layout, annotations: Annotations, features: Features) -> None:
    record = {name: value for name, value in vars(options).items() if name not in ("action", "force", "output", "rest")}
    with new_folder(Path(options.output), record, force=options.force) as folder:
        write_data_set(folder, annotations, layout, features)
    for split, (inside, outside) in annotations.counts.items():
        print(f"{split}: {inside} clips in scope, {outside} out of scope")
    if layout.ood_needed and not annotations.counts["test"][1]:
        print("the benchmark's own scripts need out-of-scope clips to test; --out_of_scope LABEL ... makes some")
    print(f"written: {options.output}; use it with --dataset {options.dataset} --data_path {options.output}")
