"""Clips with what was said before them, from tables to batches."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mia_plugins.data.batches import ClipDataset, collate, tokenize_with_history
from mia_plugins.data.clips import Clips, LoadedData
from mia_plugins.data.context import Context
from mia_plugins.data.dialogues import add_history
from mia_plugins.errors import UserError

LONGEST = {"text": 6, "video": 4, "audio": 3}
SPLITS = ("train", "dev", "test")
FIRST = 10  # token id of the first clip's word


class Words:
    """A tokenizer: [CLS], each word's number, [SEP]."""

    def __call__(self, texts, add_special_tokens, truncation, max_length):
        return {"input_ids": [[2, *map(int, text.split())][: max_length - 1] + [3] for text in texts]}


@st.composite
def data_sets(draw):
    """Splits with out-of-scope clips whose dialogues lie across them; a clip's words and frames are its number."""
    rows = {}
    for number in range(draw(st.integers(6, 20))):
        split = SPLITS[number % 3] if number < 6 else draw(st.sampled_from(SPLITS))
        scope = "" if number < 3 else draw(st.sampled_from(["", "ood_"]))
        turn = draw(st.integers(0, 1000))
        row = (number, draw(st.sampled_from("xy")), turn * 100 + number, draw(st.sampled_from("AB")))
        rows.setdefault(scope + split, []).append(row)
    draws = np.random.default_rng(draw(st.integers(0, 99)))
    return LoadedData({name: make(part, draws) for name, part in rows.items()}, ("a", "b"), 1, 1, ())


def make(rows, draws):
    return Clips(
        keys=[str(number) for number, *_ in rows],
        texts=[" ".join([str(FIRST + number)] * int(draws.integers(1, 4))) for number, *_ in rows],
        label_ids=np.zeros(len(rows), np.int64),
        video=[np.full((int(draws.integers(0, 5)), 1), FIRST + number, np.float32) for number, *_ in rows],
        audio=[np.full((int(draws.integers(1, 4)), 1), FIRST + number, np.float32) for number, *_ in rows],
        dialogues=[dialogue for _, dialogue, _, _ in rows],
        turns=[turn for _, _, turn, _ in rows],
        speakers=[speaker for *_, speaker in rows],
    )


def batch_of(clips, context_len):
    most = round((1 + context_len) * LONGEST["text"])
    token_ids, turns = tokenize_with_history(clips, Words(), LONGEST["text"], most)
    dataset = ClipDataset(clips, token_ids, text_turns=turns)
    return collate([dataset[i] for i in range(len(dataset))])


@settings(deadline=None, max_examples=150)
@given(
    data=data_sets(),
    who=st.sampled_from(["same_speaker", "all"]),
    source=st.sampled_from(["same_split", "all_splits"]),
    most_turns=st.sampled_from([None, 1, 2]),
)
def test_a_history_holds_what_was_said_before_and_nothing_else(data, who, source, most_turns):
    context = Context(who=who, most_turns=most_turns, context_len=2, source=source)
    about = {
        int(key): (name, dialogue, turn, speaker)
        for name, clips in data.splits.items()
        for key, dialogue, turn, speaker in zip(clips.keys, clips.dialogues, clips.turns, clips.speakers)
    }

    def said_before(number):
        """The clips that may be history, newest first."""
        name, dialogue, turn, speaker = about[number]
        seen = SPLITS[: SPLITS.index(name.replace("ood_", "")) + 1]
        seen = seen if source == "all_splits" else seen[-1:]
        earlier = [
            other
            for other, (its_name, its_dialogue, its_turn, its_speaker) in about.items()
            if its_name.replace("ood_", "") in seen and its_dialogue == dialogue and its_turn < turn
            if who == "all" or its_speaker == speaker
        ]
        return sorted(earlier, key=lambda other: -about[other][2])[:most_turns]

    for clips in add_history(data, context, LONGEST).splits.values():
        batch = batch_of(clips, context.context_len)
        for row, key in enumerate(clips.keys):
            order = [int(key), *said_before(int(key))]
            ids, mask, segments = batch["text_feats"][row].numpy()
            turns = batch["text_turns"][row].numpy()
            assert (turns >= 0).tolist() == mask.astype(bool).tolist()
            assert (segments == (turns > 0)).all()
            words = ids >= FIRST
            assert [order[turn] + FIRST for turn in turns[words]] == ids[words].tolist()
            assert sorted(set(turns[mask == 1])) == list(range(turns.max() + 1))
            assert turns.max() == len(order) - 1 or mask.sum() == 18
            for modality in ("video", "audio"):
                values, turns = batch[f"{modality}_feats"][row, :, 0].numpy(), batch[f"{modality}_turns"][row].numpy()
                length = int(batch[f"{modality}_lengths"][row])
                assert [order[turn] + FIRST if turn >= 0 else 0 for turn in turns] == values.tolist()
                separators = [place for place in range(length) if turns[place] < 0]
                assert separators == ([int((turns == 0).sum())] if turns.max(initial=0) > 0 else [])


@settings(deadline=None, max_examples=50)
@given(data=data_sets(), seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(data, seed):
    draws, context = np.random.default_rng(seed), Context(context_len=1)
    mixed = {}
    for name, clips in data.splits.items():
        order = draws.permutation(len(clips))
        columns = {field.name: getattr(clips, field.name) for field in dataclasses.fields(clips)}
        columns = {key: [value[i] for i in order] for key, value in columns.items() if value is not None}
        mixed[name] = Clips(**{**columns, "label_ids": np.array(columns["label_ids"])})
    plain = add_history(data, context, LONGEST)
    other = add_history(dataclasses.replace(data, splits=mixed), context, LONGEST)
    for name, clips in plain.splits.items():
        rows = {key: place for place, key in enumerate(other.splits[name].keys)}
        for i, key in enumerate(clips.keys):
            j = rows[key]
            np.testing.assert_array_equal(clips.video[i], other.splits[name].video[j])
            assert clips.history[i] == other.splits[name].history[j]


def test_joined_clips_keep_their_histories():
    data = LoadedData({}, ("a",), 1, 1, ())
    draws = np.random.default_rng(0)
    splits = {
        "train": make([(0, "x", 0, "A"), (1, "x", 2, "A")], draws),
        "ood_train": make([(2, "x", 1, "A"), (3, "x", 3, "A")], draws),
    }
    data = add_history(dataclasses.replace(data, splits=splits), Context(context_len=3), LONGEST)
    apart = [batch_of(data.splits[name], 3) for name in splits]
    together = batch_of(Clips.concatenate([data.splits[name] for name in splits]), 3)
    for name in ("text_turns", "video_turns", "audio_turns"):
        for row in range(4):
            part = apart[row // 2][name][row % 2]
            assert together[name][row].tolist()[: len(part)] == part.tolist()
    words = together["text_feats"][3, 0]
    assert words[words >= FIRST].unique().tolist() == [10, 11, 12, 13], "out-of-scope clips are context, too"


def test_another_out_of_scope_set_without_dialogues_stands_alone():
    draws = np.random.default_rng(0)
    known = make([(0, "x", 0, "A"), (1, "x", 1, "A")], draws)
    other = dataclasses.replace(make([(2, "x", 2, "A")], draws), dialogues=None, turns=None, speakers=None)
    data = add_history(LoadedData({"test": known, "ood_test": other}, ("a",), 1, 1, ()), Context(), LONGEST)
    assert [len(texts) for texts in data.splits["test"].history] == [0, 1]
    assert list(data.splits["ood_test"].history) == [[]]


def test_batches_of_single_turns_have_no_new_key():
    clips = make([(0, "x", 0, "A"), (1, "x", 1, "A")], np.random.default_rng(0))
    dataset = ClipDataset(clips, [[2, 3], [2, 3]])
    assert not [name for name in collate([dataset[0], dataset[1]]) if name.endswith("_turns")]


def test_a_data_set_without_dialogues_or_speakers_is_refused():
    clips = make([(0, "x", 0, "A")], np.random.default_rng(0))
    bare = dataclasses.replace(clips, dialogues=None)
    with pytest.raises(UserError, match="does not say which dialogue .*; leave it out"):
        add_history(LoadedData({"train": bare}, ("a",), 1, 1, ()), Context(), LONGEST)
    silent = LoadedData({"train": dataclasses.replace(clips, speakers=None)}, ("a",), 1, 1, ())
    with pytest.raises(UserError, match="does not say who speaks; choose --context all"):
        add_history(silent, Context(), LONGEST)
    assert add_history(silent, Context(who="all"), LONGEST).splits["train"].history is not None


def test_padded_frames_are_of_no_turn():
    clips = make([(0, "x", 0, "A"), (1, "x", 1, "A")], np.random.default_rng(1))
    data = add_history(LoadedData({"train": clips}, ("a",), 1, 1, ()), Context(), LONGEST)
    batch = batch_of(data.splits["train"], 1)
    for name in ("video", "audio"):
        behind = torch.arange(batch[f"{name}_turns"].shape[1]) >= batch[f"{name}_lengths"][:, None]
        assert (batch[f"{name}_turns"][behind] == -1).all()
