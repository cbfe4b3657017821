"""What a model loses where test clips lack video, trained with and without ``modality_dropout``.

    python -m benchmarks.missing DIR --dataset MIntRec --dropout 0 0.3 --seeds 0 1 2

DIR is a data set's folder, as ``mia-plugins data simulate`` makes it. Each model is trained by ``mia_plugins.run`` and
asked for the test clips: as they are, every other one without video, and all without video.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import mia_plugins
from mia_plugins.data.dataset import DataRequest
from mia_plugins.plugin.registry import find_dataset
from mia_plugins.plugin.settings import parse_assignments
from mia_plugins.runs.markdown import markdown_table

LOSSES = {"intact": (), "video missing for every other clip": range(0, 10**9, 2), "video missing": range(10**9)}


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.missing", description=__doc__.splitlines()[0])
    parser.add_argument("data_path", metavar="DIR")
    parser.add_argument("--dataset", default="MIntRec")
    parser.add_argument("--method", default="amess")
    parser.add_argument("--dropout", type=float, nargs="+", default=[0.0, 0.3], metavar="P", help="modality_dropout")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="N")
    parser.add_argument("--set", dest="assignments", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--text_backbone", default="all-MiniLM-L6-v2", metavar="NAME")
    parser.add_argument("--work", default="missing", metavar="DIR", help="runs and their models")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, asks, prints the table."""
    options = make_parser().parse_args(arguments)
    dataset = find_dataset(options.dataset)
    data = dataset.read(DataRequest(options.data_path, names=("test",)))
    clips = data.splits["test"]
    rows = []
    for dropout in options.dropout:
        scores: dict[str, list[float]] = {name: [] for name in LOSSES}
        for run in trained(options, dropout):
            for name, lost in LOSSES.items():
                video = [None if i in lost else frames for i, frames in enumerate(clips.video)]
                answers = run.predict(list(clips.texts), video, list(clips.audio))
                right = [data.labels[i] == each.intent for i, each in zip(clips.label_ids.tolist(), answers)]
                scores[name].append(100 * float(np.mean(right)))
        cells = (f"{np.mean(each):.2f} ± {np.std(each, ddof=1):.2f}" for each in scores.values())
        rows.append([f"{dropout:g}", *cells])
    print(markdown_table(["modality_dropout", *(f"{name}: ACC" for name in LOSSES)], rows))
    return 0


def trained(options: argparse.Namespace, dropout: float) -> Any:
    """The runs of all seeds; those that were made before are not made again."""
    work = Path(options.work)
    return mia_plugins.run(
        method=options.method,
        dataset=options.dataset,
        data_path=options.data_path,
        text_backbone=options.text_backbone,
        train=True,
        seeds=options.seeds,
        set={**parse_assignments(options.assignments), "modality_dropout": dropout},
        **{f"{name}_path": str(work / name) for name in ("output", "log", "results")},
    ).runs


if __name__ == "__main__":
    sys.exit(main())
