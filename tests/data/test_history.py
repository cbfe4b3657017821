"""An utterance with its history: against a slow reference, and against the benchmarks' own function."""

import csv
import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mia_plugins.data.context import with_context
from mia_plugins.data.history import NO_TURN, FramesWithHistory, History, previous_turns, text_with_history

HOSTS = os.environ.get("MIA_HOSTS")
MELD = Path(os.environ.get("MIA_SHARED", Path(__file__).resolve().parents[2].parent / "shared"), "data", "MELD-DA")
PLACES = {"MMOIR": "utils/mt.py", "MIntRec2.0": "utils/mt.py"}
CLS, SEP = 2, 3


@st.composite
def dialogues(draw, least_frames=0):
    """Rows of some dialogues in any order: dialogue, turn, speaker, token ids, and how many frames."""
    rows = []
    for dialogue in range(draw(st.integers(1, 3))):
        turns = sorted(draw(st.sets(st.integers(0, 30), max_size=7)))
        for turn in turns:
            words = draw(st.lists(st.integers(5, 30), max_size=5))
            speaker = draw(st.sampled_from("ABC"))
            rows.append((f"d{dialogue}", turn, speaker, [CLS, *words, SEP], draw(st.integers(least_frames, 4))))
    return draw(st.permutations(rows))


def slow_history(rows, i, speaker_only, most_turns):
    """The rows said before row i in its dialogue, newest first."""
    dialogue, turn, speaker = rows[i][:3]
    earlier = [
        j
        for j, row in enumerate(rows)
        if row[0] == dialogue and row[1] < turn and (not speaker_only or row[2] == speaker)
    ]
    return sorted(earlier, key=lambda j: -rows[j][1])[:most_turns]


def history_of(rows, speaker_only=True, most_turns=None):
    columns = [[row[k] for row in rows] for k in range(3)]
    return History(previous_turns(*columns[:2], columns[2] if speaker_only else None), most_turns)


def frames_of(rows, width=2):
    """Frames that tell their row and place, none of them zero."""
    return [
        np.array([[i + 1, k + 1] for k in range(row[4])], np.float32).reshape(row[4], width)
        for i, row in enumerate(rows)
    ]


@settings(deadline=None, max_examples=300)
@given(rows=dialogues(), speaker_only=st.booleans(), most_turns=st.sampled_from([None, 0, 1, 2]))
def test_history_is_what_was_said_before_in_the_same_dialogue(rows, speaker_only, most_turns):
    history = history_of(rows, speaker_only, most_turns)
    for i in range(len(rows)):
        assert list(history.newest_first(i)) == slow_history(rows, i, speaker_only, most_turns)


@settings(deadline=None, max_examples=300)
@given(
    rows=dialogues(),
    speaker_only=st.booleans(),
    most_turns=st.sampled_from([None, 0, 1, 2]),
    context_len=st.sampled_from([0, 0.3, 0.5, 1, 2]),
    data=st.data(),
)
def test_frames_and_tokens_are_those_of_the_slow_way(rows, speaker_only, most_turns, context_len, data):
    history, frames = history_of(rows, speaker_only, most_turns), frames_of(rows)
    wanted = np.array(data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8)) if rows else [], np.int64)
    most = with_context(4, context_len)
    view = FramesWithHistory(frames, history, wanted, most)
    assert len(view) == len(wanted)
    for place, i in enumerate(wanted.tolist()):
        earlier = slow_history(rows, i, speaker_only, most_turns)

        values, turns = list(frames[i]), [0] * len(frames[i])
        before = [(turn, frame) for turn, j in enumerate(earlier, start=1) for frame in frames[j]]
        if before and values:
            values, turns = [*values, np.zeros(2)], [*turns, NO_TURN]
            values, turns = values + [frame for _, frame in before], turns + [turn for turn, _ in before]
        want = np.array(values[:most], np.float32).reshape(-1, 2)
        np.testing.assert_array_equal(view[place], want)
        assert view[place].dtype == np.float32
        assert view.turn_ids(place).tolist() == turns[:most]
        assert view.lengths[place] == len(want)
        np.testing.assert_array_equal(view[place:][0], want)

        tokens = [(0, token) for token in rows[i][3]]
        tokens += [(turn, token) for turn, j in enumerate(earlier, start=1) for token in rows[j][3][1:]]
        most_tokens = with_context(7, context_len)
        ids, turn_ids = text_with_history([rows[j][3] for j in (i, *earlier)], most_tokens)
        assert list(zip(turn_ids, ids)) == tokens[:most_tokens]


def test_rows_of_a_history_are_read_only_as_far_as_they_are_kept():
    class Counted(list):
        def __getitem__(self, row):
            read.append(row)
            return super().__getitem__(row)

    read = []
    frames = Counted([np.ones((4, 2), np.float32)] * 5)
    view = FramesWithHistory(frames, History(np.array([-1, 0, 1, 2, 3])), np.array([4]), 10)
    read.clear()
    assert len(view[0]) == 10
    assert read == [4, 3, 2]


# against the benchmarks


def host_function(host):
    """A benchmark's ``generate_context``."""
    spec = importlib.util.spec_from_file_location(f"mt_of_{host}", Path(HOSTS, host, PLACES[host]))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate_context


def by_the_host(generate_context, rows, frames, longest, context_len, modality):
    """Every row's sequence by a benchmark's function: its inputs are padded dialogues, as its loaders make them."""
    import torch

    names = sorted({row[0] for row in rows})
    members = [sorted((i for i, row in enumerate(rows) if row[0] == name), key=lambda i: rows[i][1]) for name in names]
    most = max(map(len, members))
    speakers = torch.zeros(len(names), most, dtype=torch.int64)
    umask = torch.zeros(len(names), most, dtype=torch.int64)
    text = modality == "text"
    shape = (3, longest) if text else (longest, 2)
    feats = torch.zeros(len(names), most, *shape, dtype=torch.int64 if text else torch.float64)
    lengths = torch.zeros((len(names), most, 1) if text else (len(names), most), dtype=torch.int64)
    for d, rows_here in enumerate(members):
        for u, i in enumerate(rows_here):
            speakers[d, u], umask[d, u] = ord(rows[i][2]), 1
            if text:
                ids = torch.tensor(rows[i][3])
                feats[d, u, 0, : len(ids)], feats[d, u, 1, : len(ids)] = ids, 1
                lengths[d, u] = len(ids)
            else:
                feats[d, u, : len(frames[i])] = torch.from_numpy(frames[i]).double()
                lengths[d, u] = len(frames[i])
    out = generate_context(None, feats, speakers, umask, lengths, context_len, modality)
    return {i: out[d, u].numpy() for d, rows_here in enumerate(members) for u, i in enumerate(rows_here)}


def check_against(generate_context, rows, frames, longest_text, longest_frames, context_len):
    history, everything = history_of(rows), np.arange(len(rows))
    theirs = by_the_host(generate_context, rows, frames, longest_text, context_len, "text")
    for i in range(len(rows)):
        token_ids = [rows[j][3] for j in (i, *history.newest_first(i))]
        ids, turns = text_with_history(token_ids, with_context(longest_text, context_len))
        ours = np.zeros_like(theirs[i])
        ours[:, : len(ids)] = ids, np.ones(len(ids)), np.array(turns) > 0
        np.testing.assert_array_equal(ours, theirs[i])
    theirs = by_the_host(generate_context, rows, frames, longest_frames, context_len, "video")
    view = FramesWithHistory(frames, history, everything, with_context(longest_frames, context_len))
    for i in range(len(rows)):
        ours = np.zeros_like(theirs[i])
        ours[: len(view[i])] = view[i]
        np.testing.assert_array_equal(ours, theirs[i])


@pytest.mark.skipif(not HOSTS, reason="MIA_HOSTS names no folder with host checkouts")
@pytest.mark.parametrize("host", PLACES)
@settings(deadline=None, max_examples=60)
@given(rows=dialogues().filter(len), context_len=st.sampled_from([0, 0.3, 0.5, 1, 2]))
def test_equals_the_benchmarks_function(host, rows, context_len):
    # its function takes the first row of a speaker for the text's first three rows: two tokens would cut off the segments
    rows = [(*row[:3], row[3] if len(row[3]) > 2 else [CLS, 9, SEP], row[4]) for row in rows]
    check_against(host_function(host), rows, frames_of(rows), 7, 4, context_len)


@pytest.mark.skipif(not HOSTS, reason="MIA_HOSTS names no folder with host checkouts")
@pytest.mark.skipif(not MELD.is_dir(), reason="no real annotations of MELD-DA; MIA_SHARED names the folder of data/")
@pytest.mark.parametrize("context_len", [0.5, 1])
def test_equals_the_benchmarks_function_on_real_dialogues(context_len):
    with open(MELD / "train.tsv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file, delimiter="\t"))[:1500]
    speakers = sorted({row["Speaker"] for row in table})
    known: dict[str, int] = {}
    rng = np.random.default_rng(0)
    rows = []
    for row in table:
        words = [known.setdefault(word, len(known) + 5) for word in row["Utterance"].split()][:23] or [4]
        speaker = chr(speakers.index(row["Speaker"]) + 1)
        rows.append(
            (row["Dialogue_ID"], int(row["Utterance_ID"]), speaker, [CLS, *words, SEP], int(rng.integers(1, 9)))
        )
    check_against(host_function("MMOIR"), rows, frames_of(rows), 25, 8, context_len)
    assert any(len(list(history_of(rows).newest_first(i))) > 3 for i in range(len(rows)))
