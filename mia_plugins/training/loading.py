"""Batches of every split of a run."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

import torch
from torch.utils.data import DataLoader

from ..data.batches import ClipDataset, collate, tokenize
from ..data.clips import Clips, LoadedData
from ..data.sampling import LengthBatches
from ..plugin.settings import TrainSettings
from ..system.processes import ALONE, World, world
from .manager import Loaders


def make_loaders(
    data: LoadedData,
    tokenizer: Any,
    text_length: int,
    settings: TrainSettings,
    num_workers: int | None,
    device: torch.device,
) -> Loaders:
    """Batches of every split; training shuffles, and mixes in the out-of-scope clips there are.

    Of several processes each gets its share.
    """

    def loader(clips: Clips, batch_size: int, shuffle: bool = False) -> DataLoader:
        by_length = settings.length_batches
        return make_loader(clips, tokenizer, text_length, batch_size, num_workers, device, shuffle, by_length, world())

    # the in-scope monitors do not look at out-of-scope clips
    dev = ("dev", "ood_dev") if settings.eval_monitor == "is_os_f1" else ("dev",)
    return Loaders(
        train=loader(joined(data, "train", "ood_train"), settings.train_batch_size, shuffle=True),
        dev=loader(joined(data, *dev), settings.eval_batch_size),
        test=loader(joined(data, "test", "ood_test"), settings.eval_batch_size),
        reference=loader(data.splits["train"], settings.eval_batch_size),
    )


def make_loader(
    clips: Clips,
    tokenizer: Any,
    text_length: int,
    batch_size: int,
    num_workers: int | None,
    device: torch.device,
    shuffle: bool = False,
    by_length: bool = True,
    own: World = ALONE,
) -> DataLoader:
    """Batches of some clips, drawn by :class:`~mia_plugins.data.sampling.LengthBatches`.

    Its ``dataset`` is a :class:`~mia_plugins.data.batches.ClipDataset`.
    """
    dataset = ClipDataset(clips, tokenize(clips.texts, tokenizer, text_length))
    most_frames = dataset.most_frames() if by_length else (0, 0)  # the benchmark's own batches, to the last bit
    batches = LengthBatches(dataset.lengths(), batch_size, shuffle, by_length, own)
    return DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=usual_workers(device, len(batches)) if num_workers is None else num_workers,
        pin_memory=device.type == "cuda",
        collate_fn=Collate(tokenizer.pad_token_id or 0, most_frames),
    )


def usual_workers(device: torch.device, batches: int) -> int:
    """Processes that load batches: some beside a GPU, where a step is shorter than the reading of the next batch.

    None for a single batch, nor where they would start by importing the user's own script again (Windows, macOS,
    Python 3.14).

    >>> usual_workers(torch.device("cpu"), batches=100), usual_workers(torch.device("cuda"), batches=1)
    (0, 0)
    """
    forked = multiprocessing.get_all_start_methods()[0] == "fork"
    return max(0, min(4, os.cpu_count() or 1, batches - 1)) if device.type == "cuda" and forked else 0


def joined(data: LoadedData, *names: str) -> Clips:
    """The clips of those of the named splits that were read, one after the other."""
    clips = [data.splits[name] for name in names if name in data.splits]
    return clips[0] if len(clips) == 1 else Clips.concatenate(clips)


class Collate:
    """:func:`collate` with how to pad; an object, so that worker processes can receive it."""

    def __init__(self, pad_token_id: int, most_frames: tuple[int, int]) -> None:
        self.pad_token_id, self.most_frames = pad_token_id, most_frames

    def __call__(self, batch: list[Any]) -> dict[str, torch.Tensor]:
        return collate(batch, self.pad_token_id, self.most_frames)
