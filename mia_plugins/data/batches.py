"""From clips to batches: tensors under the benchmarks' names, padded to the longest clip of the batch or a little more."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset

from .chained import turn_ids
from .clips import Clips
from .history import NO_TURN, text_with_history

FRAME_STEP = 16  # fewer batch sizes fragment the memory less (docs/performance.md)
_TEXTS = 1000  # tokenized at once: what a tokenizer returns takes ten times the memory of the token ids


class TurnIds(NamedTuple):
    """Of one clip, which turn each token and frame is of; int64, see :mod:`~mia_plugins.data.history`."""

    text: Sequence[int]
    video: np.ndarray
    audio: np.ndarray


class Sample(NamedTuple):
    """One clip.

    Attributes:
        place: its row in the split.
        label_id: its label id, its labels (labels,), or its number; see :class:`~mia_plugins.data.clips.Clips`.
        token_ids: of its text.
        video, audio: float32 (frames, width); no frames where the clip has none.
        train_place: its row among the in-scope training clips; -1 if it is none of them.
        turns: where it comes with its history.
    """

    place: int
    label_id: Any
    token_ids: Sequence[int]
    video: np.ndarray
    audio: np.ndarray
    train_place: int = -1
    turns: TurnIds | None = None


class ClipDataset(Dataset[Sample]):
    """Clips with their token ids, for a torch DataLoader with ``collate``.

    Args:
        clips: the clips.
        token_ids: of each clip's text.
        train_clips: this many clips, from the first on, are the in-scope training clips, in their order.
        text_turns: the turn id of each token, where clips come with their history.
    """

    def __init__(
        self,
        clips: Clips,
        token_ids: Sequence[Sequence[int]],
        train_clips: int = 0,
        text_turns: Sequence[Sequence[int]] | None = None,
    ) -> None:
        if len(token_ids) != len(clips):
            raise ValueError(f"{len(token_ids)} tokenized texts for {len(clips)} clips")
        self.clips, self.token_ids, self.train_clips, self.text_turns = clips, token_ids, train_clips, text_turns

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Sample:
        clips = self.clips
        train_place = index if index < self.train_clips else -1
        label_id, token_ids = clips.label_ids[index], self.token_ids[index]
        sample = Sample(index, label_id, token_ids, clips.video[index], clips.audio[index], train_place)
        if self.text_turns is None:
            return sample
        turns = TurnIds(self.text_turns[index], turn_ids(clips.video, index), turn_ids(clips.audio, index))
        return sample._replace(turns=turns)

    def most_frames(self) -> tuple[int, int]:
        """Frames of the longest clip, (video, audio)."""
        video, audio = self.clips.frame_counts()
        return int(video.max(initial=0)), int(audio.max(initial=0))

    def lengths(self) -> np.ndarray:
        """What clips are sorted by, float (clips,): their tokens, which cost most, and among equals their frames."""
        video, audio = self.clips.frame_counts()
        frames = video + audio
        return np.array([len(ids) for ids in self.token_ids]) + frames / (frames.max(initial=0) + 1)


def tokenize(texts: Sequence[str], tokenizer: Callable[..., Any], max_length: int) -> list[list[int]]:
    """Token ids of each text with the special tokens, cut to ``max_length`` ids in all.

    Args:
        texts: what is said in each clip.
        tokenizer: a Hugging Face tokenizer.
        max_length: tokens, special ones included.
    """
    token_ids: list[list[int]] = []
    for at in range(0, len(texts), _TEXTS):
        some = list(texts[at : at + _TEXTS])
        encoded = tokenizer(some, add_special_tokens=True, truncation=True, max_length=max_length)
        token_ids += [list(ids) for ids in encoded["input_ids"]]
    return token_ids


def tokenize_with_history(
    clips: Clips, tokenizer: Callable[..., Any], max_length: int, most: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Token ids and turn ids of each utterance with its history.

    Args:
        clips: with their ``history``.
        tokenizer, max_length: as in :func:`tokenize`, for each utterance alone.
        most: tokens of an utterance with its history.
    """
    earlier: Sequence[Sequence[str]] = clips.history if clips.history is not None else [[]] * len(clips)
    texts = list(dict.fromkeys(chain(clips.texts, *earlier)))
    known = dict(zip(texts, tokenize(texts, tokenizer, max_length)))

    def parts(text: str, before: Sequence[str]) -> Iterator[list[int]]:
        return (known[each] for each in (text, *before))

    pairs = [text_with_history(parts(text, before), most) for text, before in zip(clips.texts, earlier)]
    return [ids for ids, _ in pairs], [turns for _, turns in pairs]


def collate(
    batch: Sequence[Sample], pad_token_id: int = 0, most_frames: tuple[int, int] = (0, 0)
) -> dict[str, torch.Tensor]:
    """Pad a batch of B clips.

    Args:
        batch: the clips.
        pad_token_id: the token id that texts are padded with.
        most_frames: frames of the longest clip of all batches, (video, audio). Frames are padded to a multiple of
            :data:`FRAME_STEP`, but not beyond this; with 0 they are padded to the batch's longest clip.

    Returns:
        ``index`` (B,), the clips' places in the split; ``train_place`` (B,); ``label_ids`` (B,);
        ``text_feats`` (B, 3, Lt): token ids, mask (1 = token), segments (1 on tokens of the history, else 0);
        ``video_feats`` (B, Lv, Dv) float32, zero-padded, Lv at least 1; ``video_lengths`` (B,), in frames, 0 for a clip
        without video; audio likewise.
        All but the frames and labels that are no ids are int64. Where clips come with their history also ``text_turns``
        (B, Lt), ``video_turns`` (B, Lv) and ``audio_turns``: turn ids, :data:`~mia_plugins.data.history.NO_TURN` on
        padding and separators.

    >>> frames = np.ones((2, 4), np.float32)
    >>> batch = collate([Sample(0, 1, [7, 8], frames, frames), Sample(1, 0, [7], frames[:1], frames)], pad_token_id=9)
    >>> batch["text_feats"][1].tolist(), batch["video_lengths"].tolist(), tuple(batch["video_feats"].shape)
    ([[7, 9], [1, 0], [0, 0]], [2, 1], (2, 2, 4))
    """
    text = np.zeros((len(batch), 3, max(len(sample.token_ids) for sample in batch)), np.int64)
    text[:, 0] = pad_token_id
    for row, sample in zip(text, batch):
        row[0, : len(sample.token_ids)] = sample.token_ids
        row[1, : len(sample.token_ids)] = 1
    turns = [sample.turns for sample in batch if sample.turns is not None]
    text_turns = _pad_turns([each.text for each in turns], text.shape[2])
    text[: len(turns), 2] = text_turns > 0
    video, video_lengths = _pad([sample.video for sample in batch], most_frames[0])
    audio, audio_lengths = _pad([sample.audio for sample in batch], most_frames[1])
    padded = {
        "index": torch.tensor([sample.place for sample in batch], dtype=torch.int64),
        "train_place": torch.tensor([sample.train_place for sample in batch], dtype=torch.int64),
        "label_ids": torch.from_numpy(np.array([sample.label_id for sample in batch])),
        "text_feats": torch.from_numpy(text),
        "video_feats": video,
        "video_lengths": video_lengths,
        "audio_feats": audio,
        "audio_lengths": audio_lengths,
    }
    if turns:
        padded["text_turns"] = torch.from_numpy(text_turns)
        padded["video_turns"] = torch.from_numpy(_pad_turns([each.video for each in turns], video.shape[1]))
        padded["audio_turns"] = torch.from_numpy(_pad_turns([each.audio for each in turns], audio.shape[1]))
    return padded


def _pad_turns(turns: Sequence[Sequence[int] | np.ndarray], longest: int) -> np.ndarray:
    """Pad turn ids to int64 (B, longest)."""
    padded = np.full((len(turns), longest), NO_TURN, np.int64)
    for row, each in zip(padded, turns):
        row[: len(each)] = each
    return padded


def _pad(sequences: Sequence[np.ndarray], most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad clips of (frames, width) to float32 (B, frames of the longest or a few more, width); and lengths (B,)."""
    lengths = [len(sequence) for sequence in sequences]
    longest = max(1, *lengths)  # a batch of clips without this modality is one frame of padding
    longest = max(longest, min(most, math.ceil(longest / FRAME_STEP) * FRAME_STEP))
    padded = np.zeros((len(sequences), longest, sequences[0].shape[1]), np.float32)
    for row, sequence in zip(padded, sequences):
        row[: len(sequence)] = sequence
    return torch.from_numpy(padded), torch.tensor(lengths, dtype=torch.int64)
