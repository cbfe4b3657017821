"""The references beside the signal curves: the oracle sees just the planted frames, and a table holds every figure."""

import numpy as np
import pytest

from benchmarks import curve_references, curves
from mia_plugins.simulate.annotations import read_annotations
from mia_plugins.simulate.layouts import DATA_SETS
from mia_plugins.simulate.planted import Planter, Signal

DATA_SET = DATA_SETS["MIntRec"]
MODALITIES = DATA_SET.layout(None).modalities


@pytest.fixture
def annotations(tmp_path):
    for split, count in (("train", 3), ("dev", 2), ("test", 1)):
        rows = [["S01", "E01", f"{split}{label}{i}", "text", label] for label in DATA_SET.labels for i in range(count)]
        header = ["season", "episode", "clip", "text", "label"]
        (tmp_path / f"{split}.tsv").write_text("".join("\t".join(row) + "\n" for row in [header, *rows]))
    return tmp_path


def test_the_oracle_sees_the_mean_of_the_planted_frames(annotations):
    read = read_annotations(annotations, DATA_SET, columns=5)
    means = curve_references.planted_means(read, DATA_SET.labels, MODALITIES, 100.0)
    directions = Planter(DATA_SET.labels, MODALITIES, Signal()).labels
    carried = 0
    for split, clips in read.splits.items():
        for clip, row in zip(clips, means[split]):
            start = 0
            for name, modality in MODALITIES.items():
                part, start = row[start : start + modality.width], start + modality.width
                if part.any():  # a hundred times the noise: the label's direction, and no distractor's
                    np.testing.assert_allclose(part / 100, directions[name, clip.label], atol=0.06)
                    carried += 1
    clips = sum(map(len, read.splits.values()))
    assert 0.55 < carried / (2 * clips) < 0.85  # seven in ten carry it


def test_the_linear_model_finds_a_strong_signal_and_nothing_in_none(annotations):
    read = read_annotations(annotations, DATA_SET, columns=5)
    strong = curve_references.score(read, curve_references.planted_means(read, DATA_SET.labels, MODALITIES, 100.0))
    none = curve_references.score(read, curve_references.planted_means(read, DATA_SET.labels, MODALITIES, 0.0))
    assert strong["acc"][0] >= 75
    assert none["acc"] == [5.0]  # one of twenty labels


def test_the_search_is_given_all_frames_and_finds_a_strong_signal(annotations):
    read = read_annotations(annotations, DATA_SET, columns=5)
    frames = curve_references.planted_frames(read, DATA_SET.labels, MODALITIES, 20.0)
    assert [len(columns) for columns in frames["train"]] == [len(read.splits["train"])] * 2
    clip = frames["train"][0][0]
    strong = (np.linalg.norm(clip, axis=1) > 10 * clip.shape[1] ** 0.5).sum()
    assert strong in (2, 4)  # of all its frames: the distractors, and the signal if it carries one
    assert curve_references.search(read, frames)["acc"][0] >= 60


def test_a_table_of_two_points():
    measured = {
        "0": {"A": {"acc": [50.0, 54.0], "f1": [40.0, 40.0]}, "oracle": {"acc": [5.0], "f1": [0.5]}},
        "1": {"A": {"acc": [60.0, 60.0], "f1": [41.0, 42.0]}},
    }
    assert curves.table(measured, "signal").splitlines()[2:] == [
        "| A | 52.0 ± 2.8 / 40.0 ± 0.0 | 60.0 ± 0.0 / 41.5 ± 0.7 |",
        "| oracle | 5.0 / 0.5 | – |",
    ]


def test_clips_per_label_takes_the_first_of_each(annotations):
    whole = read_annotations(annotations, DATA_SET, columns=5).splits
    fewer = read_annotations(annotations, DATA_SET, columns=5, clips_per_label=2).splits
    for label in DATA_SET.labels:
        wanted = [clip for clip in whole["train"] if clip.label == label][:2]
        assert [clip for clip in fewer["train"] if clip.label == label] == wanted
    assert fewer["test"] == whole["test"]
