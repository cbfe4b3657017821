"""A text backbone of a few kilobytes and a data set of a few ragged clips, made where and when they are asked for."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..data.batches import ClipDataset, tokenize, tokenize_with_history
from ..data.clips import Clips, LoadedData
from ..data.context import Context
from ..data.dialogues import add_history
from ..data.problem import Problem
from ..nn.backbones import load_tokenizer
from ..plugin.task import Task
from ..training.loading import joined

LABELS = ("Acknowledge", "Advise", "Agree", "Apologise", "Arrange")  # of MIntRec2.0: some methods know labels by name
WORDS = (
    *("thanks", "sorry", "please", "no", "yes", "hello", "bye", "help", "what", "joke"),
    *("the", "a", "you", "i", "we", "is", "it", "go", "stop", "look"),
)
VIDEO_DIM, AUDIO_DIM = 6, 10
TEXT_LENGTH, VIDEO_LENGTH, AUDIO_LENGTH = 12, 10, 14
# words, video and audio frames of the first clips, shorter than the most: each is long in one and short in another
LENGTHS = ((7, 8, 2), (1, 1, 11), (4, 5, 1), (2, 3, 6), (6, 2, 9), (3, 7, 4))
CLIPS = {"train": 15, "dev": 5, "test": 6, "ood_train": 4, "ood_dev": 2, "ood_test": 2}


@functools.cache
def _folder(name: str) -> tuple[Path, Any]:
    """A temporary folder that goes when Python ends."""
    holder = tempfile.TemporaryDirectory(prefix=f"mia-plugins-{name}-")
    return Path(holder.name), holder


@functools.cache
def tiny_backbone() -> str:
    """The folder of a BERT of two small layers with random weights and a vocabulary of :data:`WORDS`."""
    folder = _folder("backbone")[0] / "tiny-bert"
    make_backbone(folder)
    return str(folder)


def tiny_cache() -> Path:
    """A cache folder for the tests, so that they neither use nor fill the user's own."""
    return _folder("cache")[0]


def make_backbone(folder: Path, dropout: float = 0.1) -> Path:
    """Writes the tiny BERT to a folder, its tokenizer too."""
    from transformers import BertConfig, BertModel, BertTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,  # no module in some eras, so that tests could not switch it off
    )
    BertModel(config).save_pretrained(folder)
    return folder


def tiny_task(
    *,
    labels: Sequence[str] = LABELS,
    ood_class: bool = True,
    weights: str | None = None,
    problem: Problem = "multi-class",
) -> Task:
    """A task for the tiny data; ``ood_class`` makes out of scope a class of its own."""
    return Task(
        dataset="MIntRec2.0",
        labels=tuple(labels),
        num_classes=len(labels) + (ood_class and problem == "multi-class"),
        text_backbone=tiny_backbone(),
        text_length=TEXT_LENGTH,
        video_length=VIDEO_LENGTH,
        audio_length=AUDIO_LENGTH,
        video_dim=VIDEO_DIM,
        audio_dim=AUDIO_DIM,
        weights=weights,
        problem=problem,
    )


@functools.cache
def tiny_tokenizer() -> Any:
    """The tokenizer of the tiny backbone."""
    return load_tokenizer(tiny_backbone())


@functools.cache
def tiny_data(labels: tuple[str, ...] = LABELS, problem: Problem = "multi-class") -> LoadedData:
    """Every split in memory, with :data:`CLIPS` clips; in-scope clips take the labels in turn.

    Where a clip may have several labels it has two or one, and every seventh none; numbers are from -3 to 3. These
    problems have no out-of-scope clips.
    """
    rng = np.random.default_rng(0)
    splits = {}
    for name, count in CLIPS.items():
        outside, places = name.startswith("ood"), np.arange(count)
        if problem == "multi-class":
            splits[name] = _clips(name, np.full(count, len(labels)) if outside else places % len(labels), rng)
        elif not outside:
            two = np.eye(len(labels))[places % len(labels)] + np.eye(len(labels))[2 * places % len(labels)]
            several = np.minimum(two, 1) * (places % 7 < 6)[:, None]
            label_ids = several if problem == "multi-label" else (5 * places % 13 - 6) / 2
            splits[name] = _clips(name, label_ids.astype(np.float32), rng)
    return LoadedData(splits, labels, VIDEO_DIM, AUDIO_DIM, (), problem=problem)


@functools.cache
def tiny_dialogues(labels: tuple[str, ...] = LABELS) -> LoadedData:
    """The same data, each clip with what was said before it, as far as there is room up to the task's lengths."""
    longest = {"text": TEXT_LENGTH, "video": VIDEO_LENGTH, "audio": AUDIO_LENGTH}
    return add_history(tiny_data(labels), Context(who="all", context_len=0.0), longest)


def _clips(name: str, label_ids: np.ndarray, rng: np.random.Generator) -> Clips:
    lengths = [LENGTHS[i % len(LENGTHS)] for i in range(len(label_ids))]
    return Clips(
        keys=[f"{name}_{i}" for i in range(len(label_ids))],
        texts=[" ".join(rng.choice(WORDS, words)) for words, _, _ in lengths],
        label_ids=label_ids,
        video=[rng.normal(size=(video, VIDEO_DIM)).astype(np.float32) for _, video, _ in lengths],
        audio=[rng.normal(size=(audio, AUDIO_DIM)).astype(np.float32) for _, _, audio in lengths],
        dialogues=[f"dialogue {i % 2}" for i in range(len(label_ids))],
        turns=range(len(label_ids)),
        speakers=["A" if i % 3 else "B" for i in range(len(label_ids))],
    )


def clip_dataset(data: LoadedData, *splits: str) -> ClipDataset:
    """The clips of some splits with their token ids; of ``train`` each has its ``train_place``."""
    clips = joined(data, *splits)
    train_clips = len(data.splits["train"]) if splits[0] == "train" else 0
    if clips.history is None:
        return ClipDataset(clips, tokenize(clips.texts, tiny_tokenizer(), TEXT_LENGTH), train_clips)
    token_ids, text_turns = tokenize_with_history(clips, tiny_tokenizer(), TEXT_LENGTH, TEXT_LENGTH)
    return ClipDataset(clips, token_ids, train_clips, text_turns)
