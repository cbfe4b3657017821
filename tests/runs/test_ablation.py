"""Spoilt modalities: what is changed, what is not, and what the report of it says."""

import numpy as np
import pytest

from mia_plugins.data.clips import Clips
from mia_plugins.runs.ablation import ablation_cells, corrupt, derangement, modality_ablation, moments


def make_clips(count=7, seed=0):
    rng = np.random.default_rng(seed)
    return Clips(
        keys=[f"clip{i}" for i in range(count)],
        texts=[f"word{i} other{i}" for i in range(count)],
        label_ids=np.arange(count) % 3,
        video=[rng.normal(2, 3, (i + 1, 4)).astype(np.float32) for i in range(count)],
        audio=[rng.normal(-1, 1, (i + 2, 5)).astype(np.float32) for i in range(count)],
    )


@pytest.mark.parametrize("modality", ["text", "video", "audio"])
@pytest.mark.parametrize("way", ["dropped", "shuffled", "noise"])
def test_one_modality_changes_and_nothing_else(modality, way):
    clips, train = make_clips(), make_clips(30, seed=1)
    spoilt = corrupt(clips, train, modality, way, np.random.default_rng(0))
    name = "texts" if modality == "text" else modality
    for other in {"texts", "video", "audio", "keys", "label_ids"} - {name}:
        assert getattr(spoilt, other) is getattr(clips, other)
    before, after = getattr(clips, name), getattr(spoilt, name)
    assert len(after) == len(before)
    if modality == "text":
        assert all(a != b for a, b in zip(after, before))
        if way == "dropped":
            assert set(after) == {""}
        else:
            assert [len(text.split()) for text in after] == [2] * 7
        if way == "shuffled":
            assert sorted(after) == sorted(before)
        return
    assert all(frames.dtype == np.float32 for frames in after)
    if way == "dropped":
        assert all(frames.shape == (0, before[0].shape[1]) for frames in after)
    elif way == "shuffled":
        assert sorted(map(len, after)) == sorted(map(len, before))
        assert all(a is not b for a, b in zip(after, before))
    else:
        assert [frames.shape for frames in after] == [frames.shape for frames in before]


def test_no_clip_keeps_its_own():
    for seed in range(20):
        order = derangement(6, np.random.default_rng(seed))
        assert sorted(order) == list(range(6))
        assert (order != np.arange(6)).all()


def test_noise_has_the_training_frames_moments():
    frames = make_clips(40).video
    rows = np.concatenate(frames)
    mean, std = moments(frames)
    assert np.allclose(mean, rows.mean(axis=0), atol=1e-5)
    assert np.allclose(std, rows.std(axis=0), atol=1e-5)


def test_worth_of_a_model_that_reads_the_text_alone():
    clips, train = make_clips(30), make_clips(30, seed=1)
    answers = dict(zip(clips.texts, clips.label_ids))

    def score(some):
        return {"acc": np.mean([answers.get(text) == label for text, label in zip(some.texts, some.label_ids)]), "y": 1}

    rows = {(row["modality"], row["way"]): row for row in modality_ablation(clips, train, score)}
    assert len(rows) == 10
    assert rows["none", "intact"]["acc"] == 100
    assert all(row["acc_change"] == 0 for (modality, _), row in rows.items() if modality in ("video", "audio"))
    assert rows["text", "dropped"]["acc_change"] == -100
    assert rows["text", "shuffled"]["acc"] < 60
    again = modality_ablation(clips, train, score)
    assert list(rows.values()) == again  # the same seed spoils alike
    header, cells = ablation_cells(again)
    assert header == ["test clips (%)", "acc", "change"]
    assert cells[0] == ["intact", "100.00", ""]
    assert cells[1] == ["text dropped", "0.00", "-100.00"]


def test_a_change_that_rounds_to_zero_has_no_minus():
    rows = [
        {"modality": "none", "way": "intact", "acc": 50.0},
        {"modality": "text", "way": "noise", "acc": 50.0, "acc_change": -0.001},
        {"modality": "text", "way": "dropped", "acc": 40.0, "acc_change": -10.0},
    ]
    assert [row[2] for row in ablation_cells(rows)[1]] == ["", "+0.00", "-10.00"]
