"""Runs on utterances with their history, from options to a kept model that answers."""

import dataclasses
import json

import numpy as np
import pytest

import mia_plugins
from mia_plugins.data.context import Context, with_context
from mia_plugins.data.dataset import Outline
from mia_plugins.errors import UserError
from mia_plugins.plugin import registry
from mia_plugins.runs.ablation import corrupt
from mia_plugins.runs.context import context_of, earlier_texts
from mia_plugins.runs.context_text import context_words
from mia_plugins.runs.options import make_options, parse
from mia_plugins.runs.session import check_options, open_session
from mia_plugins.testing.tiny import AUDIO_LENGTH, TEXT_LENGTH, VIDEO_LENGTH, tiny_backbone, tiny_data, tiny_dialogues

MULTI = {"dialogue_mode": "multi_turn", "context": "all", "context_turns": 3, "context_len": 0.5}


class Tiny:
    """The tiny data as a data set."""

    name, ood_dataset = "Tiny", "Tiny-OOD"
    max_lengths = {"text": TEXT_LENGTH, "video": VIDEO_LENGTH, "audio": AUDIO_LENGTH}  # noqa: RUF012
    code = ()

    def outline(self, request):
        return Outline(self.name, tiny_data().labels)

    def files(self, request):
        return []

    def read(self, request):
        data = tiny_data()
        wanted = [*request.names, *(f"ood_{name}" for name in request.names)]
        return dataclasses.replace(data, splits={name: data.splits[name] for name in data.splits if name in wanted})

    def read_unlabelled(self, request, max_lengths):
        return tiny_data().splits[request.names[0]]


def options(**more):
    usual = {"method": "text", "dataset": Tiny(), "data_path": ".", "text_backbone": tiny_backbone(), "gpu_id": "cpu"}
    return {**usual, "train_ood": True, "test_ood": True, **more}


@pytest.fixture(scope="module", autouse=True)
def registered():
    """A data set that was given as an object stays known; not beyond these tests."""
    yield
    registry._registered[registry.DATASET_GROUP].pop(Tiny.name, None)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of one epoch whose clips come with their history."""
    folder = tmp_path_factory.mktemp("context")
    where = {name: str(folder / name) for name in ("output_path", "log_path", "results_path")}
    settings = {"num_train_epochs": 1, "lr": 1e-2}
    return mia_plugins.run(**options(train=True, set=settings, modality_ablation=True, **MULTI, **where)).runs[0]


def test_a_record_says_what_the_history_was(trained):
    record = json.loads((trained.folder / "run.json").read_text())
    assert record["dialogue"] == {**MULTI, "context_from": "same_split"}
    assert record["training"]["dialogue"] == record["dialogue"]
    words = "context=all context_turns=3 context_len=0.5 context_from=same_split"
    assert context_words(record["dialogue"]) == words
    assert context_words(None) == ""


def test_a_restored_model_scores_the_same(trained, tmp_path):
    where = {name: str(tmp_path / name) for name in ("output_path", "log_path", "results_path")}
    given = {"dataset": Tiny(), "data_path": ".", "test_ood": True, "gpu_id": "cpu"}
    again = mia_plugins.run(restore=str(trained.folder), **given, **where).runs[0]
    assert again.metrics == pytest.approx(trained.metrics)
    np.testing.assert_allclose(again.arrays["logits"], trained.arrays["logits"], atol=1e-5)
    with pytest.raises(UserError, match="--context same_speaker: .* was trained with 'all'"):
        mia_plugins.run(restore=str(trained.folder), context="same_speaker", **given, **where)


def test_a_kept_model_answers_with_what_was_said_before(trained):
    clips, other = tiny_data().splits["test"], tiny_data().splits["ood_test"]
    predictor = mia_plugins.load(trained.folder)
    said = [  # turn 1 is there twice, in scope and out of scope, in this order
        (turn, speaker, text)
        for part in (clips, other)
        for dialogue, turn, speaker, text in zip(part.dialogues, part.turns, part.speakers, part.texts)
        if dialogue == clips.dialogues[5] and turn < clips.turns[5]
    ]
    context = [(speaker, text) for _, speaker, text in sorted(said, key=lambda one: one[0])]
    answer = predictor.predict(clips.texts[5], context=context)
    want = np.exp(trained.arrays["logits"][5, :5].astype(float) / predictor.kept.temperature)
    shares = [answer.probabilities[label] for label in predictor.labels]
    np.testing.assert_allclose(shares, want / want.sum(), atol=1e-5)
    alone = predictor.predict(clips.texts[5])
    assert alone.probabilities != pytest.approx(answer.probabilities)
    assert predictor.predict([clips.texts[5]] * 2, context=[[], context])[1].probabilities == pytest.approx(
        answer.probabilities, abs=1e-6
    )


def test_what_was_said_before_is_newest_first_and_of_whom_the_model_reads():
    said = [("A", "one"), ("B", "two"), ("A", "three")]
    assert earlier_texts(Context(who="all"), said, None, True, 1) == [["three", "two", "one"]]
    assert earlier_texts(Context(), said, "A", True, 1) == [["three", "one"]]
    assert earlier_texts(Context(most_turns=1), [said, []], ["A", "B"], False, 2) == [["three"], []]
    assert earlier_texts(Context(), None, None, True, 1) == [[]]
    assert earlier_texts(None, None, None, True, 1) is None


@pytest.mark.parametrize(
    ("context", "said", "speaker", "message"),
    [
        (None, [("A", "one")], None, "single turns; leave context"),
        (Context(), [("A", "one")], None, "give speaker, too"),
        (Context(who="all"), ["one"], None, "pairs"),
        (Context(who="all"), [("A", 1)], None, "pairs"),
        (Context(who="all"), 3, None, "pairs"),
    ],
)
def test_a_wrong_context_is_refused(context, said, speaker, message):
    with pytest.raises(UserError, match=message):
        earlier_texts(context, said, speaker, True, 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"context": "all"}, "--context: is for --dialogue_mode multi_turn; add that"),
        ({"context_len": 1.0}, "--context_len: is for --dialogue_mode multi_turn"),
        (
            {"dialogue_mode": "multi_turn", "context": "none", "context_turns": 2},
            "--context_turns: nobody's utterances",
        ),
        ({"dialogue_mode": "multi_turn", "context_len": 101}, "is not a number from 0 to 100"),
        ({"dialogue_mode": "multi_turn", "context_len": float("nan")}, "is not a number from 0 to 100"),
        ({"dialogue_mode": "multi_turn", "context_len": True}, "True is not a number"),
        ({"dialogue_mode": "multi_turn", "context_turns": 0}, "is not a whole number from 1"),
    ],
)
def test_options_that_do_not_go_together_are_refused(given, message):
    with pytest.raises(UserError, match=message):
        context_of(make_options(given))


def test_the_command_line_and_python_agree():
    line = "--dialogue_mode multi_turn --context same_speaker --context_turns 2 --context_len 0.5 --context_from all_splits"
    given = Context(who="same_speaker", most_turns=2, context_len=0.5, source="all_splits")
    assert context_of(parse(line.split())) == given
    assert context_of(parse(["--dialogue_mode", "multi_turn"])) == Context()
    assert context_of(parse(["--dialogue_mode", "multi_turn", "--context", "none"])) is None


def test_lengths_grow_by_the_room_for_the_history():
    session = open_session(check_options(make_options(options(**MULTI))))
    task = session.task(session.combinations[0].settings)
    assert task.text_length == with_context(TEXT_LENGTH, 0.5) == 18
    assert (task.video_length, task.audio_length) == (15, 21)
    batches = list(session.loaders(session.combinations[0].settings).test)
    assert max(batch["text_feats"].shape[2] for batch in batches) == 18
    assert all("text_turns" in batch for batch in batches)
    plain = open_session(check_options(make_options(options(dialogue_mode="multi_turn", context="none"))))
    assert plain.task(plain.combinations[0].settings).text_length == TEXT_LENGTH
    assert "text_turns" not in next(iter(plain.loaders(plain.combinations[0].settings).test))


def test_more_tokens_than_the_encoder_has_positions_are_refused():
    asked = options(dialogue_mode="multi_turn", context_len=5)
    with pytest.raises(UserError, match="has up to 72 tokens, the text backbone takes 64; give a smaller one"):
        open_session(check_options(make_options(asked)))


@pytest.mark.parametrize("way", ["dropped", "shuffled", "noise"])
@pytest.mark.parametrize("modality", ["text", "video", "audio"])
def test_a_modality_is_corrupted_with_its_history(modality, way):
    data = tiny_dialogues()
    clips = data.splits["test"]
    changed = corrupt(clips, data.splits["train"], modality, way, np.random.default_rng(0))
    for name in {"history", "video", "audio"} - {"history" if modality == "text" else modality}:
        assert getattr(changed, name) is getattr(clips, name)
    if modality == "text":
        before, after = ([list(texts) for texts in each.history] for each in (clips, changed))
        if way == "dropped":
            assert after == [[]] * len(clips)
        elif way == "shuffled":
            assert sorted(after) == sorted(before)
            assert after != before
        else:
            assert [len(texts) for texts in after] == [len(texts) for texts in before]
            assert after != before
        return
    from mia_plugins.data.chained import turn_ids

    frames = getattr(changed, modality)
    turns = [turn_ids(frames, i).tolist() for i in range(len(clips))]
    assert [len(each) for each in turns] == [len(frames[i]) for i in range(len(clips))]
    if way != "dropped":
        assert sorted(turns) == sorted(turn_ids(getattr(clips, modality), i).tolist() for i in range(len(clips)))
