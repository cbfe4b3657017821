"""Extraction against decoding alone, on talking clips that are made here.

    python -m benchmarks.extract [--clips 20] [--video_backbone efficientnet-lite0] [--audio_backbone speech-embedding]

Both are measured in one process, in turns; the models are loaded before. "x real time" is the length of the clips over the
time they took.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from mia_plugins.errors import UserError
from mia_plugins.extract.audio_backbones import load_audio_backbone
from mia_plugins.extract.decoding import FRAMES, Wanted, pieces
from mia_plugins.extract.here import ON_CPU, ON_GPU
from mia_plugins.extract.output import Output
from mia_plugins.extract.video_backbones import load_video_backbone
from mia_plugins.extract.work import Backbones, Extraction
from mia_plugins.runs.markdown import markdown_table
from mia_plugins.simulate.talking import RATE, talk
from mia_plugins.system.devices import choose_device

SENTENCES = (
    "could you help me, please? i have looked for my keys all morning and they are nowhere to be found",
    "no, thank you, i would rather walk home tonight",
    "that is the best idea you have had in weeks, and you have had some good ones",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=20, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--video_backbone", default="efficientnet-lite0", metavar="NAME")
    parser.add_argument("--audio_backbone", default="speech-embedding", metavar="NAME")
    parser.add_argument("--rate", type=float, metavar="N", help="frames a second at most")
    parser.add_argument("--gpu_id", metavar="N")
    options = parser.parse_args(arguments)
    device = choose_device(options.gpu_id)
    if device.type == "cpu":
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))
    video, audio = (
        load_video_backbone(options.video_backbone, device),
        load_audio_backbone(options.audio_backbone, device),
    )
    batch_size = ON_CPU if device.type == "cpu" else ON_GPU
    with tempfile.TemporaryDirectory() as work:
        paths = {
            f"c{number}": talk(Path(work) / f"c{number}.mp4", SENTENCES[number % len(SENTENCES)], size=(320, 240))
            for number in range(options.clips)
        }
        wanted = Wanted(video.size, options.rate, True)
        frames, times = 0, {"decoding alone": [], "extraction": []}
        for number in range(options.rounds):
            began = time.perf_counter()
            messages = [
                (each.kind, len(each.value) if each.kind == FRAMES else each.value)
                for index, path in enumerate(paths.values())
                for each in pieces(index, path, wanted)
            ]
            times["decoding alone"].append(time.perf_counter() - began)
            frames = sum(value for kind, value in messages if kind == FRAMES)
            began = time.perf_counter()
            output = Output(Path(work) / f"out{number}", {})
            failed = Extraction(output, Backbones(video, audio), device, batch_size).run(paths, options.rate)
            times["extraction"].append(time.perf_counter() - began)
            assert not failed
    seconds = frames / (options.rate or RATE)
    rows = []
    for name, each in times.items():
        spent, spread = statistics.median(each), max(each) - min(each)
        rates = (f"{options.clips / spent:.2f}", f"{frames / spent:.0f}", f"{seconds / spent:.1f}")
        rows.append([name, *rates, f"{spread:.2f}"])
    print(f"{options.clips} clips of {seconds / options.clips:.1f} s, {torch.get_num_threads()} threads, {device}")
    print(markdown_table(["median", "clips/s", "frames/s", "x real time", "spread (s)"], rows))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"error: {error}")
