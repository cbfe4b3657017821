"""What is read through a store."""

import io
import logging
import multiprocessing
import operator
import pickle

import numpy as np
import pytest
from store_files import check, make_table, stores, write

from mia_plugins.data.features import read_features
from mia_plugins.data.store import frames as frames_module
from mia_plugins.data.store.cache import open_store


def test_converted_once(path, cache, conversions, caplog):
    with caplog.at_level(logging.DEBUG, "mia_plugins"):
        for max_length in (100, 3, 1):
            check(path, make_table(), max_length)
    assert conversions == ["video_feats.pkl"]
    (store,) = stores(cache)
    (line,) = caplog.messages
    for word in (str(path), "5 clips", "0.0 MB", str(cache / store)):
        assert word in line


def test_a_sequence_on_disk(path):
    table = make_table()
    read = read_features(path, list(table), max_length=5)
    lengths = [min(len(frames), 5) for frames in table.values()]
    assert read.lengths.tolist() == lengths
    assert read.lengths.dtype == np.int64
    assert read.width == 4
    assert [len(frames) for frames in read] == lengths
    np.testing.assert_array_equal(read[-1], table["clip4"][:5])
    np.testing.assert_array_equal(read[np.int64(1)], table["clip1"][:5])
    part = read[1:3]
    assert part.lengths.tolist() == lengths[1:3]
    np.testing.assert_array_equal(part[1], table["clip2"][:5])
    with pytest.raises(IndexError):
        read[5]
    first, again = read[0], read[0]
    first[:] = 0  # nobody else's
    assert again.any()
    assert again.flags.c_contiguous
    assert again.dtype == np.float32


class Pieces(io.FileIO):
    """A file that gives at most ``most`` bytes at once, and counts what it gave."""

    most, given = 10**9, 0

    def readinto(self, buffer):
        got = super().readinto(buffer[: self.most])
        Pieces.given += got
        return got


@pytest.fixture
def pieces(monkeypatch):
    """The class of the files that frames are read from."""
    monkeypatch.setattr(frames_module, "open", lambda path, mode, buffering: Pieces(path), raising=False)
    monkeypatch.setattr(Pieces, "given", 0)
    return Pieces


def test_only_what_is_asked_for_is_read(path, pieces):
    table = make_table()
    read = read_features(path, list(table), max_length=3)
    assert read.lengths.sum() > read[2:].lengths.sum() > 0
    assert pieces.given == 0
    read[1]
    assert pieces.given == 4 * 4 * min(3, len(table["clip1"]))


def test_reads_that_come_in_pieces(path, pieces, monkeypatch):
    monkeypatch.setattr(pieces, "most", 7)
    check(path, make_table())


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_in_other_processes(path, way):
    if way not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {way} here")
    table = make_table(60, 300)
    write(path, table)
    read = read_features(path, list(table), max_length=100)
    assert read[0].any()
    order = np.random.default_rng(0).integers(0, 60, 300).tolist()
    with multiprocessing.get_context(way).Pool(2) as pool:
        clips = pool.starmap(operator.getitem, [(read, i) for i in order], chunksize=10)
    for i, frames in zip(order, clips):
        np.testing.assert_array_equal(frames, table[f"clip{i}"])


def test_keys_of_any_text(tmp_path):
    table = {key: np.ones((1, 2), np.float32) * i for i, key in enumerate(["", "\n", "é\0", "\ud800", '"', "k" * 300])}
    check(write(tmp_path / "a.pkl", table), table)
    check(tmp_path / "a.pkl", table)


def test_no_clips(tmp_path, user_error):
    path = write(tmp_path / "a.pkl", {})
    assert len(read_features(path, [], max_length=9)) == 0
    with user_error("clip a has no features"):
        read_features(path, ["a"], max_length=9)


def test_errors_come_again_without_a_conversion(tmp_path, conversions, user_error):
    table = {"good": np.ones((2, 4), np.float32), "bad": [np.ones(4, np.float32), "x"], "odd": None}
    path = write(tmp_path / "a.pkl", table)
    for _ in range(2):
        with user_error("clip bad", path, "holds a str as frame 1"):
            read_features(path, ["good", "bad"], max_length=9)
        with user_error("clip odd", path, "is a NoneType"):
            read_features(path, ["good", "odd", "bad"], max_length=9)
        assert len(read_features(path, ["good", "bad"], max_length=1)[1]) == 1  # the fault is cut off
    assert conversions == ["a.pkl"]


def test_missing_and_broken_files_leave_nothing(tmp_path, cache, user_error):
    with user_error("none.pkl", "cannot be read"):
        open_store(tmp_path / "none.pkl")
    with user_error(str(tmp_path), "cannot be read"):
        open_store(tmp_path)
    content = pickle.dumps(make_table())
    (tmp_path / "cut.pkl").write_bytes(content[: len(content) // 2])
    with user_error("cut.pkl", "not a complete pickle"):
        open_store(tmp_path / "cut.pkl")
    with user_error("list.pkl", "holds a list, not a dict"):
        open_store(write(tmp_path / "list.pkl", [1]))
    with user_error("array.pkl", "holds a ndarray, not a dict"):
        open_store(write(tmp_path / "array.pkl", np.ones((2, 2))))
    assert stores(cache) == []
