"""Batches of every split of a run."""

from __future__ import annotations

import multiprocessing
import os
from functools import partial
from typing import Any

import torch
from torch.utils.data import DataLoader

from ..data.batches import ClipDataset, collate, tokenize, tokenize_with_history
from ..data.clips import Clips, LoadedData
from ..data.context import with_context
from ..data.sampling import LengthBatches
from ..system.processes import ALONE, World, world
from .manager import Loaders
from .settings import TrainSettings


def make_loaders(
    data: LoadedData,
    tokenizer: Any,
    text_length: int,
    settings: TrainSettings,
    num_workers: int | None,
    device: torch.device,
    context_len: float = 0.0,
) -> Loaders:
    """Batches of every split; training shuffles, and mixes in any out-of-scope clips.

    Args:
        data: the clips; without training clips there are only test batches.
        tokenizer: of the text backbone.
        text_length: the most tokens that a text may have, without its history.
        settings: batch sizes, monitor and kind of batches.
        num_workers: processes that load batches; None: see :func:`usual_workers`.
        device: where the batches go.
        context_len: room for the history of clips that have one, as a multiple of ``text_length``.
    """
    loader = partial(
        make_loader,
        tokenizer=tokenizer,
        text_length=text_length,
        context_len=context_len,
        num_workers=num_workers,
        device=device,
        by_length=settings.length_batches,
        world=world(),
    )
    scored = settings.eval_batch_size
    test = loader(joined(data, "test", "ood_test"), batch_size=scored)
    if "train" not in data.splits:  # a restored model's
        return Loaders(train=(), dev=(), test=test, reference=(), bank=())
    in_scope = data.splits["train"]
    # the in-scope monitors do not look at out-of-scope clips
    dev = ("dev", "ood_dev") if settings.eval_monitor == "is_os_f1" else ("dev",)
    return Loaders(
        train=loader(
            joined(data, "train", "ood_train"),
            batch_size=settings.train_batch_size,
            shuffle=True,
            train_clips=len(in_scope),
        ),
        dev=loader(joined(data, *dev), batch_size=scored),
        test=test,
        reference=loader(in_scope, batch_size=scored, train_clips=len(in_scope)),
        bank=loader(
            in_scope, batch_size=scored, train_clips=len(in_scope), by_length=False, world=ALONE, num_workers=0
        ),
    )


def make_loader(
    clips: Clips,
    *,
    tokenizer: Any,
    text_length: int,
    batch_size: int,
    device: torch.device,
    context_len: float = 0.0,
    num_workers: int | None = None,
    shuffle: bool = False,
    by_length: bool = True,
    train_clips: int = 0,
    world: World = ALONE,
) -> DataLoader:
    """Batches of some clips, drawn by :class:`~mia_plugins.data.sampling.LengthBatches`.

    Its ``dataset`` is a :class:`~mia_plugins.data.batches.ClipDataset`.

    Args:
        clips, tokenizer, text_length, device, context_len, num_workers: as in :func:`make_loaders`.
        batch_size: clips in a batch, over all processes.
        shuffle: for training.
        by_length: batches of clips of similar length.
        train_clips: this many clips, from the first on, are the in-scope training clips.
        world: which of several processes this is.
    """
    if clips.history is None:
        dataset = ClipDataset(clips, tokenize(clips.texts, tokenizer, text_length), train_clips)
    else:
        most = with_context(text_length, context_len)
        token_ids, text_turns = tokenize_with_history(clips, tokenizer, text_length, most)
        dataset = ClipDataset(clips, token_ids, train_clips, text_turns)
    most_frames = dataset.most_frames() if by_length else (0, 0)  # the benchmark's own batches, to the last bit
    batches = LengthBatches(dataset.lengths(), batch_size, shuffle, by_length, world)
    return DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=usual_workers(device, len(batches)) if num_workers is None else num_workers,
        pin_memory=device.type == "cuda",
        collate_fn=Collate(tokenizer.pad_token_id or 0, most_frames),
    )


def usual_workers(device: torch.device, batches: int) -> int:
    """Processes that load batches: some with a GPU, where a step is shorter than reading the next batch.

    Zero for a single batch, and where they would start by importing the user's own script again (Windows, macOS,
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
