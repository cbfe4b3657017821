"""How sharp the alignment of a trained model is: whether its anchors read some parts of a clip more than others.

    python -m mia_plugins.methods.amess.sharpness RUN [RUN ...]

reads the ``inspection.npz`` in the runs' folders (see :func:`.inspection.inspect`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mia_plugins.errors import UserError
from mia_plugins.system.array_files import read_arrays

INSPECTION = "inspection.npz"
MODALITIES = ("video", "audio")


class Sharpness(NamedTuple):
    """Means over all anchors of all clips.

    Attributes:
        peak: how many times as much as the mean part the most-read part of a clip is read; 1 means evenly, and the
            number of parts means that an anchor reads one part alone.
        spread: how differently the anchors of a clip read it: the total variation distance of each to the mean of the
            clip's anchors; 0 if all read the same, below 1.
        clips: clips with an anchor.
    """

    peak: float
    spread: float
    clips: int


def sharpness(reading: np.ndarray, anchors: np.ndarray) -> Sharpness:
    """How unevenly the anchors read the parts of the clips.

    Args:
        reading: ``(clips, k, parts)``, how much each anchor reads of each of a clip's equal parts.
        anchors: ``(clips, k)``, the anchors' text positions, negative where a clip has fewer.

    Raises:
        ValueError: no clip has an anchor.

    >>> even, first = np.full(4, 0.25), np.array([1.0, 0, 0, 0])
    >>> sharpness(np.array([[even, even], [even, -even]]), np.array([[7, 2], [3, -1]]))
    Sharpness(peak=1.0, spread=0.0, clips=2)
    >>> sharpness(np.array([[even, first]]), np.array([[7, 2]]))
    Sharpness(peak=2.5, spread=0.375, clips=1)
    """
    present = anchors >= 0
    count = present.sum(axis=1)
    if not count.any():
        raise ValueError("no clip has an anchor")
    shares = np.where(present[..., None], reading, 0).astype(np.float64)
    shares /= np.where(present, shares.sum(axis=-1), 1)[..., None]
    mean = shares.sum(axis=1, keepdims=True) / np.maximum(count, 1)[:, None, None]
    distance = np.abs(shares - mean).sum(axis=-1) / 2
    peak = shares.max(axis=-1)[present].mean() * reading.shape[-1]
    return Sharpness(float(peak), float(distance[present].mean()), int((count > 0).sum()))


def measured(file: Path) -> Iterator[tuple[str, Sharpness]]:
    """Each modality of a run and its sharpness; nothing for a model without anchors.

    Raises:
        UserError: the file cannot be read.
    """
    arrays = read_arrays(file, remedy="make the run again with --again")
    try:
        for name in MODALITIES:
            if f"{name}_reading" in arrays:
                yield name, sharpness(arrays[f"{name}_reading"], arrays[f"{name}_anchors"])
    except (ValueError, LookupError) as error:
        raise UserError(f"{file}: cannot be read ({error}); make the run again with --again") from error


def inspections(folders: Sequence[Path]) -> list[Path]:
    """The ``inspection.npz`` of every run in or below some folders.

    Raises:
        UserError: a folder has none.
    """
    files: dict[Path, None] = {}
    for folder in folders:
        below = sorted(folder.rglob(INSPECTION))
        if not below:
            raise UserError(f"{folder}: no {INSPECTION} in or below this folder; give one with runs of A-MESS")
        files.update(dict.fromkeys(below))
    return list(files)


def main(arguments: list[str] | None = None) -> int:
    """Prints one line per run and modality; returns the exit code: 0, or 2 after a user's error."""
    parser = argparse.ArgumentParser(
        prog="python -m mia_plugins.methods.amess.sharpness",
        description="How many times as much as the mean part an anchor reads the most-read part of a clip (peak), and "
        "how differently the anchors of a clip read (spread), over the test clips of finished runs.",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a run, or one with runs below it")
    try:
        for file in inspections(parser.parse_args(arguments).runs):
            lines = [f"{name} peak {s.peak:.3f}, spread {s.spread:.3f}, {s.clips} clips" for name, s in measured(file)]
            print("\n".join(f"{file.parent}: {line}" for line in lines or ["no anchors"]))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
