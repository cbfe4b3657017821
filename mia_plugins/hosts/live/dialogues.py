"""A host's dialogues as clips with their history: MMOIR's ``--dialogue_mode multi_turn``, MIntRec2.0's ``--multiturn``.

There a sample is a dialogue. Its utterances become clips here, each with what was said before it, put together once and
not at every step; batches are of utterances, and in-scope and out-of-scope ones are apart as in single turns.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...data.batches import ClipDataset
from ...data.chained import Computed
from ...data.clips import Clips
from ...data.context import Context, with_context
from ...data.history import FramesWithHistory, History, previous_turns, text_with_history
from ...errors import UserError
from ...runs.context import context_of
from ...runs.options import make_options

SETTINGS: Mapping[str, Any] = {
    "context": "same_speaker",
    "context_turns": None,
    "context_len": 1.0,
}  # as the hosts' own
MODALITIES = ("text", "video", "audio")


def is_multi_turn(args: Any) -> bool:
    """Whether a host's arguments ask for dialogues."""
    return getattr(args, "dialogue_mode", None) == "multi_turn" or bool(getattr(args, "multiturn", False))


def context_setting(values: Mapping[str, Any]) -> Context | None:
    """What belongs to a history, by the settings of :data:`SETTINGS`; None: nothing does.

    Raises:
        UserError: a value that ``run.py`` would not take either.
    """
    chosen = {name: values.get(name, usual) for name, usual in SETTINGS.items()}
    if chosen["context"] == "none":
        chosen = {"context": "none"}
    return context_of(make_options({"dialogue_mode": "multi_turn", **chosen}))


class Utterances(ClipDataset):
    """Clips under the names that a host's managers look for."""

    @property
    def label_ids(self) -> np.ndarray:
        """Of every clip."""
        return self.clips.label_ids


def with_utterances(data: Any, args: Any) -> Any:
    """A host's data manager whose splits are clips instead of dialogues; sets ``args``' widths to those of the clips.

    Args:
        data: the host's, with ``data``: name -> data set of dialogues.
        args: the host's arguments.
    """
    context = context_setting(args)
    splits: dict[str, Utterances] = {}
    for name, dialogues in data.data.items():
        everything = flattened(dialogues)
        for kind in ("video", "audio"):
            if everything[kind]:
                args[f"{kind}_feat_dim"] = everything[kind][0].shape[1]
        in_scope = everything["label_ids"] < args.num_labels
        if name == "test":  # the hosts test on all of them
            splits[name] = utterances(everything, np.arange(len(in_scope)), context, args, train=False)
            continue
        for part, rows in ((name, np.flatnonzero(in_scope)), (f"ood_{name}", np.flatnonzero(~in_scope))):
            if not len(rows) and part == name:
                raise UserError(f"--data_path: no utterance of {name} has one of the {args.num_labels} intents")
            splits[part] = utterances(everything, rows, context, args, train=part == "train")
    data = copy.copy(data)
    data.data = splits
    return data


def flattened(dialogues: Any) -> dict[str, Any]:
    """The utterances of a host's data set: dialogue, turn, speaker and label id of each, its token ids and its frames."""
    places = [
        (dialogue, turn) for dialogue in range(len(dialogues)) for turn in range(len(dialogues.label_ids[dialogue]))
    ]
    texts = (
        np.asarray(dialogues.text_feats[d][u] if is_text(dialogues) else dialogues.text_data[d][u]) for d, u in places
    )
    everything: dict[str, Any] = {
        "dialogues": [str(dialogue) for dialogue, _ in places],
        "turns": [turn for _, turn in places],
        "speakers": [str(int(dialogues.speaker_ids[d][u])) for d, u in places],
        "label_ids": np.array([int(dialogues.label_ids[d][u]) for d, u in places], np.int64),
        "token_ids": [text[0][text[1] > 0].tolist() for text in texts],
    }
    for kind in ("video", "audio"):
        everything[kind] = [] if is_text(dialogues) else frames_of(getattr(dialogues, f"{kind}_data"), places)
    return everything


def is_text(dialogues: Any) -> bool:
    """Whether a host gave its data set for a method of the text alone, which has no frames."""
    return not hasattr(dialogues, "video_data")


def frames_of(modality: Mapping[str, Any], places: Sequence[tuple[int, int]]) -> Computed:
    """The frames of utterances, cut out of the host's padded arrays when asked for."""
    lengths = np.array([int(modality["lengths"][d][u]) for d, u in places], np.int64)

    def cut(index: int) -> np.ndarray:
        dialogue, turn = places[index]
        return np.asarray(modality["feats"][dialogue][turn])[: lengths[index]].astype(np.float32)

    return Computed(cut, lengths)


def utterances(
    everything: Mapping[str, Any], rows: np.ndarray, context: Context | None, args: Any, *, train: bool
) -> Utterances:
    """Some utterances with their history, which may hold any that are in ``everything``."""
    most = longest(args)
    all_rows = len(everything["label_ids"])
    history = History(np.full(all_rows, -1, np.int64))
    if context is not None:
        speakers = everything["speakers"] if context.who == "same_speaker" else None
        history = History(previous_turns(everything["dialogues"], everything["turns"], speakers), context.most_turns)

    def parts(row: int) -> Iterable[list[int]]:
        return (everything["token_ids"][i] for i in (row, *history.newest_first(row)))

    texts = [text_with_history(parts(row), most["text"]) for row in rows.tolist()]
    frames: dict[str, Any] = {
        kind: FramesWithHistory(everything[kind], history, rows, most[kind])
        if everything[kind]
        else [np.empty((0, 1), np.float32)] * len(rows)
        for kind in ("video", "audio")
    }
    clips = Clips(
        keys=[f"{everything['dialogues'][row]}_{everything['turns'][row]}" for row in rows],
        texts=[""] * len(rows),
        label_ids=everything["label_ids"][rows],
        video=frames["video"],
        audio=frames["audio"],
    )
    text_turns = [turns for _, turns in texts] if context is not None else None
    return Utterances(clips, [ids for ids, _ in texts], len(rows) if train else 0, text_turns)


def longest(args: Any) -> dict[str, int]:
    """The most tokens and frames of an utterance with its history, by a host's arguments."""
    context = context_setting(args)
    context_len = context.context_len if context is not None else 0.0
    return {kind: with_context(args[f"{kind}_seq_len"], context_len) for kind in MODALITIES}
