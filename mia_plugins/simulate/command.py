"""``mia-plugins data simulate``: a data set in a benchmark's own files, from annotation tables alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .annotations import SPLITS, Annotations, Clip, read_annotations
from .described import Wording, check_described, described_features, read_descriptions
from .layouts import DATA_SETS, MODALITIES, DataSet, Layout
from .options import add_common, add_described, add_planted
from .planted import Signal, planted_features
from .write import check_target, new_folder, write_data_set

Features = Iterator[tuple[Clip, str, np.ndarray]]


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
    add_common(planted)
    add_planted(planted)
    planted.set_defaults(action=simulate_planted)
    described = kinds.add_parser(
        "described",
        help="word embeddings of given descriptions of the clips",
        description="Video and audio are the word embeddings of descriptions of the clips, for example by a "
        "video-language model, projected to the width of the published features.",
    )
    add_common(described)
    add_described(described)
    described.set_defaults(action=simulate_described)


def simulate_planted(options: argparse.Namespace) -> None:
    """Writes a data set with a planted signal; see ``--help``.

    Raises:
        UserError: the annotations, an option or the folder is wrong.
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
        UserError: the annotations, the descriptions, the encoder, an option or the folder is wrong.
    """
    wording = Wording(
        columns={name: getattr(options, f"{name}_columns") for name in MODALITIES},
        words={name: getattr(options, f"{name}_words") for name in MODALITIES},
        seed=options.seed,
    )
    data_set, layout, annotations = _prepare(options)
    beside = [Path(options.annotations).expanduser() / f"{split}.descriptions.tsv" for split in SPLITS]
    paths = [Path(name).expanduser() for name in options.descriptions or ()] or [
        path for path in beside if path.is_file()
    ]
    texts = read_descriptions(paths, data_set, wording)
    check_described(annotations, texts, paths or beside)
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
        clips_per_label=options.clips_per_label,
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
    print(f"written: {options.output}")
