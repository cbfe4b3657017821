"""What each method finds, over the strength of a planted signal or the number of training clips.

    python -m benchmarks.curves signal ANNOTATIONS --dataset MIntRec --strengths 0 0.25 0.5 1 --out signal.md
    python -m benchmarks.curves clips ANNOTATIONS --dataset MIntRec --clips_per_label 10 20 50 --out clips.md

ANNOTATIONS is a folder with a data set's ``train.tsv`` and ``dev.tsv``. Video and audio are planted by ``mia-plugins data
simulate``, every method is trained by ``mia-plugins compare``; the same command goes on where it was interrupted.
Beside the methods stand the references of :mod:`.curve_references`: an oracle, which is given the planted frames, a bound,
which has the text as well, and a search, which must find the frames itself.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mia_plugins.cli import main as mia_plugins
from mia_plugins.errors import UserError
from mia_plugins.runs.markdown import markdown_table
from mia_plugins.simulate.layouts import DATA_SETS

from .curve_references import METRICS, REFERENCES, references


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description=__doc__.splitlines()[0])
    parser.add_argument("over", choices=("signal", "clips"))
    parser.add_argument("annotations", metavar="ANNOTATIONS", help="folder of train.tsv and dev.tsv")
    parser.add_argument("--dataset", default="MIntRec", choices=tuple(DATA_SETS))
    parser.add_argument("--strengths", type=float, nargs="+", default=[0.0, 0.125, 0.25, 0.5, 1.0, 2.0], metavar="S")
    parser.add_argument("--clips_per_label", type=int, nargs="+", default=[], metavar="N", help="of train; 0: all")
    parser.add_argument("--methods", nargs="+", default=["all"], metavar="NAME")
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2"], metavar="N")
    parser.add_argument("--set", dest="assignments", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--text_backbone", default="all-MiniLM-L6-v2", metavar="NAME")
    parser.add_argument("--work", default="curves", metavar="DIR", help="made data and results")
    parser.add_argument("--out", metavar="FILE", help="write the table here; beside it the picture, as .svg and .png")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes the data and the runs, and prints the table after each point."""
    options = make_parser().parse_args(arguments)
    if options.over == "signal":
        points = [(strength, (options.clips_per_label or [0])[0]) for strength in options.strengths]
    else:
        points = [(options.strengths[0], clips) for clips in options.clips_per_label or [10, 20, 50, 0]]
    measured: dict[str, dict[str, dict[str, Any]]] = {}
    for strength, clips in points:
        folder = Path(options.work) / f"{options.dataset}_{strength:g}_{clips or 'all'}"
        make_data(options, folder, strength, clips)
        point = f"{strength:g}" if options.over == "signal" else str(clips or "all")
        measured[point] = {**compared(options, folder), **references(options, strength, clips)}
        print(table(measured, options.over), flush=True)
        if options.out:
            write(Path(options.out), measured, options.over)
    return 0


def make_data(options: argparse.Namespace, folder: Path, strength: float, clips: int) -> None:
    """The planted data set, unless it is there."""
    if (folder / "data").is_dir():
        return
    fewer = ["--clips_per_label", str(clips)] if clips else []
    words = [
        "data",
        "simulate",
        "planted",
        options.annotations,
        "-o",
        str(folder / "data"),
        "--dataset",
        options.dataset,
    ]
    check(mia_plugins([*words, "--signal", str(strength), *fewer]))


def compared(options: argparse.Namespace, folder: Path) -> dict[str, dict[str, Any]]:
    """Every method's values by metric."""
    words = ["compare", "--in_scope_only", "--no_modality_ablation", "--data_path", str(folder / "data")]
    words += ["--dataset", options.dataset, "--methods", *options.methods, "--seeds", *options.seeds]
    words += ["--text_backbone", options.text_backbone, "--results", str(folder / "results")]
    check(mia_plugins([*words, *(word for each in options.assignments for word in ("--set", each))]))
    (made,) = json.loads((folder / "results" / "compare.json").read_text(encoding="utf-8"))["tables"]
    return {row["label"]: {name: list(row["values"][name].values()) for name in METRICS} for row in made["rows"]}


def check(code: int) -> None:
    """Ends where a command has failed; it has said why."""
    if code:
        sys.exit(code)


def text(values: Sequence[float]) -> str:
    """Mean, and with several seeds the sample standard deviation."""
    spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{spread}"


def table(measured: dict[str, dict[str, dict[str, Any]]], over: str) -> str:
    """A row a method, ACC / macro F1 at every point."""
    labels = list(dict.fromkeys(label for point in measured.values() for label in point))
    rows = []
    for label in labels:
        known = [point.get(label) for point in measured.values()]
        rows.append([label, *(" / ".join(text(each[name]) for name in METRICS) if each else "–" for each in known)])
    return markdown_table([f"ACC / F1 (%), {'signal' if over == 'signal' else 'clips a label'}", *measured], rows)


def write(path: Path, measured: dict[str, dict[str, dict[str, Any]]], over: str) -> None:
    """The table, the values behind it, and a picture."""
    from mia_plugins.plugin.picture import figure, save

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(table(measured, over) + "\n", encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    with figure(6.5, 4) as drawn:
        axes = drawn.subplots()
        places = range(len(measured))
        for label in next(iter(measured.values())):
            means = [np.mean(point[label]["acc"]) for point in measured.values()]
            style = "--" if label in REFERENCES else "o-"
            axes.plot(places, means, style, label=label, linewidth=1, markersize=3)
        axes.set_xticks(list(places), list(measured))
        axes.set(
            xlabel="strength of the signal" if over == "signal" else "training clips a label", ylabel="accuracy (%)"
        )
        axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        save(drawn, path.parent, path.stem, title="", caption="")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"error: {error}")
