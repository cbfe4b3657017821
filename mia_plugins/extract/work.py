"""One process decodes, this one computes: frames of neighbouring clips share a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from .audio_backbones import AudioBackbone
from .decoding import END, FAILED, FRAMES, PATIENCE, Wanted, decode
from .output import Growing, Output
from .video_backbones import VideoBackbone


class Backbones(NamedTuple):
    """What computes; None: this modality is left out."""

    video: VideoBackbone | None
    audio: AudioBackbone | None


class Clip:
    """A clip that is being extracted."""

    def __init__(self, key: str, path: Path) -> None:
        self.key, self.path = key, path
        self.files: dict[str, Growing] = {}
        self.sound: Any = None  # of the audio backbone
        self.seconds: float | None = None
        self.ended = False
        self.fault: str | None = None


class Extraction:
    """Clips into a folder.

    Args:
        output: where features go.
        backbones: what makes them.
        device: where to compute.
        batch_size: frames that are computed together.
    """

    def __init__(self, output: Output, backbones: Backbones, device: torch.device, batch_size: int = 32) -> None:
        self.output, self.backbones, self.device, self.batch_size = output, backbones, device, batch_size
        self.waiting: list[tuple[Clip, np.ndarray]] = []  # frames that are in no batch yet
        self.clips: dict[int, Clip] = {}
        self.failed: dict[str, str] = {}

    def run(
        self,
        files: Mapping[str, Path],
        rate: float | None,
        on_clip: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
    ) -> dict[str, str]:
        """Extracts every clip.

        Args:
            files: key -> file.
            rate: frames a second at most; None: all.
            on_clip: called after every clip.
            patience: see :func:`decode`.

        Returns:
            Why clips failed, by key.
        """
        keys, paths = list(files), list(files.values())
        video, audio = self.backbones
        wanted = Wanted(video.size if video else None, rate, audio is not None)
        try:
            for message in decode(paths, wanted, patience):
                index, kind, value = message.index, message.kind, message.value
                clip = self.clips.setdefault(index, Clip(keys[index], paths[index]))
                if kind == FAILED:
                    self.fail(index, value)
                    on_clip()
                elif kind == END:
                    self.end(clip, value)
                    on_clip()
                elif kind == FRAMES:
                    self.waiting.append((clip, value))
                    if sum(len(frames) for _, frames in self.waiting) >= self.batch_size:
                        self.compute()
                else:
                    self.add_sound(clip, value)
            self.compute()
        finally:
            for clip in self.clips.values():  # what is left was interrupted
                self.drop(clip)
        return self.failed

    def compute(self) -> None:
        """Computes the frames that wait, and finishes the clips that are complete then."""
        if self.waiting and self.backbones.video is not None:
            frames = np.concatenate([frames for _, frames in self.waiting])
            batches = [frames[at : at + self.batch_size] for at in range(0, len(frames), self.batch_size)]
            vectors = np.concatenate([self.backbones.video.embed(batch, self.device) for batch in batches])
            ends = np.cumsum([len(some) for _, some in self.waiting])[:-1]
            for (clip, _), some in zip(self.waiting, np.split(vectors, ends)):
                self.write(clip, "video", some)
            self.waiting = []
        self.finish_those_done()

    def add_sound(self, clip: Clip, samples: np.ndarray) -> None:
        """Computes what the samples complete."""
        backbone = self.backbones.audio
        assert backbone is not None  # otherwise nobody decodes sound
        if clip.sound is None:
            clip.sound = backbone.begin()
        for vectors in clip.sound.add(samples):
            self.write(clip, "audio", vectors)

    def end(self, clip: Clip, seconds: float | None) -> None:
        """All of a clip is decoded: its sound can be computed to the end, its frames may wait for a full batch."""
        if clip.sound is not None:
            for vectors in clip.sound.end():
                self.write(clip, "audio", vectors)
        clip.seconds, clip.ended = seconds, True
        self.finish_those_done()

    def finish_those_done(self) -> None:
        """Finishes every clip that has ended and whose frames are computed."""
        busy = {id(clip) for clip, _ in self.waiting}
        for index, clip in list(self.clips.items()):
            if not clip.ended or id(clip) in busy:
                continue
            if not any(file.rows for file in clip.files.values()):
                clip.fault = "gave no frame of any modality; it may be too short"
            if clip.fault:
                self.fail(index, f"{clip.path}: {clip.fault}")
                continue
            for file in clip.files.values():
                file.finish()
            frames = {name: file.rows for name, file in clip.files.items()}
            self.output.finish(clip.key, clip.path, clip.seconds, frames)
            del self.clips[index]

    def fail(self, index: int, why: str) -> None:
        """Notes that a clip failed, and forgets what it had."""
        clip = self.clips.pop(index)
        self.waiting = [(other, frames) for other, frames in self.waiting if other is not clip]
        self.drop(clip)
        self.failed[clip.key] = why
        self.output.fail(clip.key, clip.path, why)

    def drop(self, clip: Clip) -> None:
        """Removes a clip's files."""
        for file in clip.files.values():
            file.drop()

    def write(self, clip: Clip, modality: str, vectors: np.ndarray) -> None:
        """Writes vectors to the clip's file, which is opened when it is first needed."""
        if not np.isfinite(vectors).all():
            clip.fault = f"its {modality} features are not finite; choose another backbone, or encode the clip again"
        if modality not in clip.files:
            clip.files[modality] = self.output.grow(modality, clip.key, vectors.shape[1])
        clip.files[modality].add(vectors)
