"""MMSA's pickle: clips without their padding, from files of either kind, and errors that name the clip."""

import importlib.util
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from mia_plugins.data.dataset import DataRequest
from mia_plugins.data.mmsa import MMSASentiment
from mia_plugins.data.store import split_cache
from mia_plugins.data.store.split_pickle import load_splits
from mia_plugins.errors import UserError

DATASET = MMSASentiment("MOSI", {"text": 50, "video": 6, "audio": 9})
NAMES = ("train", "valid", "test")
SHARED = Path(os.environ.get("MIA_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))


def make_table(aligned=False, clips=70):
    """Splits of ``clips`` clips, and for each the frames of every clip as they should come back."""
    rng = np.random.default_rng(0)
    table, wanted = {}, {}
    for name in NAMES:
        split = {"id": [f"video{i // 4}$_${i % 4}" for i in range(clips)]}
        split["raw_text"] = [f"{name} {i}" for i in range(clips)]
        split["regression_labels"] = np.linspace(-3, 3, clips)
        split["text"], split["text_bert"] = rng.normal(size=(clips, 3, 4)), rng.normal(size=(clips, 3, 3))
        for field, longest, width in (("audio", 8, 5), ("vision", 7, 4)):
            lengths = rng.integers(1, longest + 1, clips)
            lengths[3] = 0  # this clip lacks the modality
            frames = rng.normal(size=(clips, longest, width)).astype(np.float32)
            frames[np.arange(longest) >= lengths[:, None]] = 0
            if field == "audio":
                frames[1, 0, :2] = -np.inf
            split[field] = frames
            if not aligned:
                split[f"{field}_lengths"] = lengths.tolist() if name == "train" else lengths
            zeroed = np.where(np.isinf(frames), 0, frames)
            wanted[name, field] = [rows[:length] for rows, length in zip(zeroed, lengths)]
        table[name] = split
    return table, wanted


def write(path, table, protocol=4):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(table, protocol=protocol))
    return path


@pytest.mark.parametrize(("aligned", "protocol"), [(False, 4), (True, 4), (False, 2), (False, 5)])
def test_clips_have_their_own_frames(tmp_path, aligned, protocol):
    table, wanted = make_table(aligned)
    name = f"{'' if aligned else 'un'}aligned_50.pkl"
    path = write(tmp_path / "MOSI" / "Processed" / name, table, protocol)
    for data_path in (tmp_path, tmp_path / "MOSI", path.parent, path):
        data = DATASET.read(DataRequest(str(data_path)))
        assert data.sources == (path,)
    assert (data.labels, data.problem, data.video_dim, data.audio_dim) == (("sentiment",), "regression", 4, 5)
    for ours, theirs in zip(("train", "dev", "test"), NAMES):
        clips, split = data.splits[ours], table[theirs]
        assert (clips.keys, clips.texts) == (split["id"], split["raw_text"])
        assert clips.label_ids.dtype == np.float32
        assert np.allclose(clips.label_ids, split["regression_labels"])
        assert clips.dialogues[5:7] == ("video1", "video1")
        assert clips.turns[3:6] == (3, 0, 1)
        for i in range(len(clips)):
            np.testing.assert_array_equal(clips.video[i], wanted[theirs, "vision"][i][:6])  # the longest that is kept
            np.testing.assert_array_equal(clips.audio[i], wanted[theirs, "audio"][i])


def test_the_pickle_is_converted_once_and_a_damaged_cache_again(tmp_path, monkeypatch):
    path = write(tmp_path / "MOSI" / "unaligned_50.pkl", make_table()[0])
    first = DATASET.read(DataRequest(str(path))).splits["dev"].audio[5]

    def refuse(*_):
        raise AssertionError("converted again")

    monkeypatch.setattr(split_cache, "convert", refuse)
    np.testing.assert_array_equal(DATASET.read(DataRequest(str(path), names=("dev",))).splits["dev"].audio[5], first)
    monkeypatch.undo()
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    next((tmp_path / "cache" / "splits").glob("*/valid-audio.f32")).write_bytes(b"cut off")
    np.testing.assert_array_equal(DATASET.read(DataRequest(str(path))).splits["dev"].audio[5], first)
    assert not list((tmp_path / "cache" / "splits").glob(".new-*"))


def test_one_array_is_in_memory_at_a_time(tmp_path):
    import gc
    import weakref

    path, alive = write(tmp_path / "a.pkl", make_table(clips=200)[0]), []

    def take(key, array):
        gc.collect()
        assert not any(ref() is not None for ref in alive), "an array before it is still in memory"
        alive.append(weakref.ref(array))

    assert set(load_splits(path, take)) == set(NAMES)
    assert len(alive) == 3 * 7 - 2  # the lengths of train are lists


@pytest.mark.parametrize("texts", [np.array(["a", "bé"]), np.array(["a", "bé"], object)])
def test_arrays_of_texts_come_back_as_lists(tmp_path, texts):
    path = write(tmp_path / "a.pkl", {"train": {"id": texts, "raw_text": texts}})
    assert load_splits(path, lambda key, array: key) == {"train": {"id": ["a", "bé"], "raw_text": ["a", "bé"]}}


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil",)


@pytest.mark.parametrize("value", [Evil(), np.array([Evil()], object), {"a": Evil()}])
def test_nothing_in_a_pickle_runs(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "unaligned_50.pkl", {"train": {"audio": value}})
    with pytest.raises(UserError, match="nothing in it was run"):
        DATASET.read(DataRequest(str(path)))
    assert not Path("evil").exists()


def broken(change):
    table, _ = make_table(clips=8)
    change(table)
    return table


BROKEN = {
    "lacks audio": lambda table: table["valid"].pop("audio"),
    "valid: raw_text has 7 clips, id 8": lambda table: table["valid"]["raw_text"].pop(),
    r"no split valid": lambda table: table.pop("valid"),
    r"the label of clip video0\$_\$2 is 4, not from -3 to 3": lambda table: table["valid"]["regression_labels"].put(
        2, 4
    ),
    r"video of clip video0\$_\$1 has a value that is not finite in frame 0": lambda table: table["valid"]["vision"].put(
        7 * 4, np.inf
    ),
    "audio_lengths are no numbers of frames": lambda table: table["valid"].update(audio_lengths=[-1] * 8),
    "id is no list of texts": lambda table: table["valid"].update(id=list(range(8))),
    "vision is of shape": lambda table: table["valid"].update(vision=np.zeros((8, 3))),
}


@pytest.mark.parametrize("words", BROKEN)
def test_what_is_wrong_is_named(tmp_path, words):
    path = write(tmp_path / "unaligned_50.pkl", broken(BROKEN[words]))
    with pytest.raises(UserError, match=words) as caught:
        DATASET.read(DataRequest(str(tmp_path)))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("table", [[], {"train": []}, {"a": np.zeros((2, 3))}])
def test_other_pickles_are_refused(tmp_path, table):
    path = write(tmp_path / "unaligned_50.pkl", table)
    with pytest.raises(UserError, match=r"is not MMSA's pickle|is of shape"):
        DATASET.read(DataRequest(str(path)))


def test_options_that_mean_nothing_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"no unaligned_50.pkl or aligned_50.pkl there"):
        DATASET.read(DataRequest(str(tmp_path)))
    with pytest.raises(UserError, match="has both in one file"):
        DATASET.files(DataRequest(str(tmp_path), video_feats="aligned", audio_feats="unaligned"))
    with pytest.raises(UserError, match="has numbers, no classes"):
        DATASET.outline(DataRequest(str(tmp_path), data_mode="binary-class"))


def test_the_kind_of_file_can_be_chosen_and_labels_left_alone(tmp_path):
    for name in ("unaligned_50.pkl", "aligned_50.pkl"):
        write(tmp_path / "Processed" / name, make_table(name[0] == "a", clips=8)[0])
    request = DataRequest(str(tmp_path), names=("test",), video_feats="aligned")
    assert DATASET.files(request) == [tmp_path / "Processed" / "aligned_50.pkl"]
    clips = DATASET.read_unlabelled(request, {"video": 2, "audio": 3})
    assert set(clips.label_ids) == {-1}
    assert clips.frame_counts()[0].max() == 2


@pytest.mark.skipif(not (SHARED / "tools" / "make_mosi.py").exists(), reason="the real clips are not here")
def test_the_real_clips_of_mosi(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("make_mosi", SHARED / "tools" / "make_mosi.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr("sys.argv", ["make_mosi.py", "--out", str(tmp_path), "--context", "2"])
    tool.main()
    from mia_plugins.data_adapters.mosi import DATASET as MOSI

    data = MOSI.read(DataRequest(str(tmp_path)))
    assert {name: len(clips) for name, clips in data.splits.items()} == {"train": 1284, "dev": 105, "test": 124}
    video, audio = data.splits["train"].frame_counts()
    assert set(video) == set(audio) == {1, 2, 3}
    assert set(np.unique(data.splits["dev"].label_ids)) == {-1.0, 1.0}
    with open(tmp_path / "MOSI" / "Processed" / "unaligned_50.pkl", "rb") as file:
        stored = pickle.load(file)["train"]
    for i in range(0, 1284, 97):
        length = stored["audio_lengths"][i]
        np.testing.assert_array_equal(data.splits["train"].audio[i], stored["audio"][i, :length].astype(np.float32))
