"""``mia-plugins extract``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import UserError
from .files import find_clips
from .here import NONE, extract_here

SWIN, WAVLM = "microsoft/swin-base-patch4-window7-224", "microsoft/wavlm-base"  # as in the benchmarks
SHOWN = 20  # failures that the end repeats


def add_parser(subparsers: Any) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "extract",
        help="turn one's own clips into features",
        description="Turns video and sound files into features, a file a clip. Start it again to go on where it stopped. "
        "Exit code: 0; 1 if some clips failed, which are listed; 2 for a wrong option.",
    )
    parser.add_argument(
        "videos", nargs="+", metavar="VIDEOS", help="files, or folders of them; a file's name is its key"
    )
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="where the features go")
    parser.add_argument(
        "--video_backbone",
        default=SWIN,
        metavar="NAME",
        help="an image model's hub id or folder (transformers, timm), efficientnet-lite0, or none (default: %(default)s)",
    )
    parser.add_argument(
        "--audio_backbone",
        default=WAVLM,
        metavar="NAME",
        help="a speech model of transformers (hub id or folder), speech-embedding, or none (default: %(default)s)",
    )
    parser.add_argument("--rate", type=float, metavar="N", help="frames a second at most (default: every frame)")
    parser.add_argument(
        "--batch_size", type=int, metavar="N", help="frames in a batch (default: 32 on a GPU, 2 on a CPU)"
    )
    parser.add_argument("--gpu_id", metavar="N", help="default: the first GPU, or the CPU")
    parser.add_argument(
        "--pickles", action="store_true", help="also write the benchmarks' files, video_data/*.pkl and so on"
    )
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="share the clips among the machines of a Ray cluster; local: this one"
    )
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Extracts, says what failed, and returns the exit code."""
    check(options)
    files = find_clips(options.videos)
    if options.ray:
        from .on_ray import extract_on_ray

        output, failed, left = extract_on_ray(files, options)
    else:
        output, failed, left = extract_here(files, options)
    if options.pickles:
        from .pickles import write_pickles

        for path in write_pickles(output):
            print(path)
    print(summary(files, failed, left, options.output))
    for why in list(failed.values())[:SHOWN]:
        print(f"  {why}", file=sys.stderr)
    return 1 if failed else 0


def check(options: argparse.Namespace) -> None:
    """Checks the numbers.

    Raises:
        UserError: one is out of range, or nothing is asked for.
    """
    if options.rate is not None and not 0 < options.rate <= 1000:
        raise UserError(f"--rate {options.rate}: should be above 0 and 1000 at most")
    if options.batch_size is not None and not 1 <= options.batch_size <= 10_000:
        raise UserError(f"--batch_size {options.batch_size}: should be from 1 to 10,000")
    if options.video_backbone == NONE and options.audio_backbone == NONE:
        raise UserError("--video_backbone none and --audio_backbone none: nothing is left to extract; name one")


def summary(files: dict[str, Path], failed: dict[str, str], left: int, folder: str) -> str:
    """What was done, in a line."""
    before = f", {len(files) - left:,} of them before" if left < len(files) else ""
    bad = f"; {len(failed):,} failed" if failed else ""
    return f"{len(files) - len(failed):,} of {len(files):,} clips are in {folder}{before}{bad}"
