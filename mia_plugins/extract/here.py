"""An extraction on this machine, as its options ask for it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .output import Output

NONE = "none"
ON_GPU, ON_CPU = 32, 2  # frames in a batch: a CPU is faster with few, which stay in its cache


def settings_of(options: argparse.Namespace, backbones: Any) -> dict[str, Any]:
    """What the features depend on, by modality."""
    video, audio = backbones
    found: dict[str, Any] = {}
    if video is not None:
        found["video"] = {
            "backbone": video.name,
            "digest": video.digest,
            "width": video.width,
            "rate": options.rate,
            "size": list(video.size),
        }
    if audio is not None:
        found["audio"] = {"backbone": audio.name, "digest": audio.digest, "width": audio.width}
    return found


def load_backbones(options: argparse.Namespace, device: Any) -> Any:
    """The two backbones that the options name."""
    from .audio_backbones import load_audio_backbone
    from .video_backbones import load_video_backbone
    from .work import Backbones

    video = None if options.video_backbone == NONE else load_video_backbone(options.video_backbone, device)
    audio = None if options.audio_backbone == NONE else load_audio_backbone(options.audio_backbone, device)
    return Backbones(video, audio)


def extract_here(files: dict[str, Path], options: argparse.Namespace) -> tuple[Any, dict[str, str], int]:
    """Extracts on this machine: the output, why clips failed, and how many there were to do."""
    import torch  # here, as the command's help does not need it

    from ..system.devices import choose_device
    from ..system.progress import progress_bar
    from .work import Extraction

    device = choose_device(options.gpu_id)
    batch_size = options.batch_size or (ON_CPU if device.type == "cpu" else ON_GPU)
    backbones = load_backbones(options, device)
    output = Output(Path(options.output), settings_of(options, backbones))
    left = {key: path for key, path in files.items() if not output.has(key, path)}
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads - 1))  # the decoding process has the other core
    try:
        with progress_bar(None, total=len(files), initial=len(files) - len(left), desc="extract", unit="clip") as bar:
            extraction = Extraction(output, backbones, device, batch_size)
            failed = extraction.run(left, options.rate, on_clip=bar.update)
    finally:
        torch.set_num_threads(threads)
    return output, failed, len(left)
