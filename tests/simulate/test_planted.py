"""The planted signal: what is drawn, and that a linear model finds it exactly where it is."""

import hashlib

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from mia_plugins.simulate.layouts import Modality
from mia_plugins.simulate.planted import Planter, Signal

LABELS = ["a", "b", "c", "d"]
SIZES = {"video": Modality("", 32, 40), "audio": Modality("", 48, 60)}
FRAMES = {"video": 8, "audio": 10}


def slow_clips(labels, signal):
    """Every clip's video and audio, each number drawn and added where the description says so."""
    noise, fixed = np.random.default_rng(signal.seed), np.random.default_rng(signal.direction_seed)
    directions = {name: {label: fixed.normal(size=size.width) for label in LABELS} for name, size in SIZES.items()}
    distractors = {name: fixed.normal(size=(8, size.width)) for name, size in SIZES.items()}
    clips = []
    for label in labels:
        clip = {}
        for name, size in SIZES.items():
            frames = int(min(max(noise.gamma(3, signal.mean_frames[name] / 3), 6), size.longest))
            values = noise.normal(size=(frames, size.width))
            first, second, third, fourth = noise.permutation(frames)[:4]
            one, other = noise.integers(8, size=2)
            values[third] += signal.strength * distractors[name][one]
            values[fourth] += signal.strength * distractors[name][other]
            if label and noise.random() < signal.reach and name in signal.carriers:
                values[first] += signal.strength * directions[name][label]
                values[second] += signal.strength * directions[name][label]
            clip[name] = values.astype(np.float32)
        clips.append(clip)
    return clips


def draw(labels, signal):
    planter = Planter(LABELS[::-1], SIZES, signal)  # the order of the labels does not matter
    return [{name: planter.sequence(name, label) for name in SIZES} for label in labels]


@pytest.mark.parametrize(
    "signal",
    [
        Signal(),
        Signal(strength=2.0, reach=0.3, seed=4, direction_seed=5, mean_frames=FRAMES),
        Signal(carriers=("audio",), mean_frames={"video": 80, "audio": 6}),
    ],
)
def test_what_is_drawn(signal):
    labels = ["a", None, "d", "b", None, "c"] * 3
    for clip, slow in zip(draw(labels, signal), slow_clips(labels, signal)):
        for name, size in SIZES.items():
            np.testing.assert_array_equal(clip[name], slow[name])
            assert clip[name].dtype == np.float32
            assert 6 <= len(clip[name]) <= size.longest


def accuracy(modality, shuffled=False, **signal):
    """Of a linear model on the mean frame, trained on one half of the clips and tested on the other."""
    labels = np.random.default_rng(3).choice(LABELS, 600)
    clips = draw(labels, Signal(mean_frames=FRAMES, **signal))
    means = np.stack([clip[modality].mean(axis=0) for clip in clips])
    if shuffled:
        labels = np.random.default_rng(4).permutation(labels)
    return RidgeClassifier(alpha=10).fit(means[::2], labels[::2]).score(means[1::2], labels[1::2])


@pytest.mark.parametrize("modality", ["video", "audio"])
def test_a_linear_model_finds_the_signal(modality):
    assert accuracy(modality, strength=1.0, reach=1.0) > 0.9
    chance = [
        accuracy(modality, strength=1.0, reach=1.0, shuffled=True),
        accuracy(modality, strength=0.0, reach=1.0),
        accuracy(modality, strength=1.0, reach=0.0),
        accuracy(modality, strength=1.0, reach=1.0, carriers=[name for name in SIZES if name != modality]),
    ]
    assert np.all(np.abs(np.array(chance) - 0.25) < 0.09), chance  # 3.6 standard deviations of 300 guesses
    assert 0.4 < accuracy(modality, strength=1.0, reach=0.5) < 0.9


def test_options_change_what_they_name_alone():
    labels = ["a", "b", None, "c"] * 4
    base = draw(labels, Signal(strength=1.0))
    video_alone = draw(labels, Signal(strength=1.0, carriers=("video",)))
    noise = draw(labels, Signal(strength=0.0))
    turned = draw(labels, Signal(strength=1.0, direction_seed=2))
    for full, part, plain, other in zip(base, video_alone, noise, turned):
        np.testing.assert_array_equal(full["video"], part["video"])
        for name in SIZES:
            moved = (full[name] != plain[name]).any(axis=1)
            assert 2 <= moved.sum() <= 4  # two distractor frames, and two of the signal where there is one
            np.testing.assert_array_equal(moved, (other[name] != plain[name]).any(axis=1))
    assert any((full["audio"] != part["audio"]).any() for full, part in zip(base, video_alone))


def test_the_same_bytes_everywhere(annotate, simulate):
    """The digest was the same on numpy 1.26 and 2.4."""
    folder = annotate("MIntRec", ood=2)
    options = ["--video_width", "6", "--audio_width", "8", "--seed", "5"]
    outs = [simulate("planted", folder, "MIntRec", "--layout", layout, *options) for layout in ("mmoir", "mintrec")]
    digests = []
    for out in outs:
        digest = hashlib.sha256()
        for path in sorted(path for path in out.rglob("*") if path.suffix in (".tsv", ".pkl")):
            digest.update(path.relative_to(out).as_posix().encode() + path.read_bytes())
        digests.append(digest.hexdigest())
    assert digests == ["99c9f401e1dc7c926b3bcff909a8acc936e9688bd6ec09db68533664fbe5c169"] * 2
