"""A folder of feature files comes to what one pickle of all clips does."""

import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from store_files import SAVE, check, make_table, part, put, put_clips, run, stores, stores_with, write

from mia_plugins.data.features import read_features
from mia_plugins.data.store import sources
from mia_plugins.data.store.formats import SUFFIXES


def same_as_one_pickle(tmp_path, folder, table):
    rng = np.random.default_rng(1)
    keys = [*rng.permutation(list(table)).tolist(), *list(table)[:2]]
    one = write(tmp_path / "all.pkl", table)
    for max_length in (100, 3):
        expected = read_features(one, keys, max_length=max_length)
        read = read_features(folder, keys, max_length=max_length)
        assert (read.width, read.lengths.tolist()) == (expected.width, expected.lengths.tolist())
        assert [frames.tobytes() for frames in read] == [frames.tobytes() for frames in expected]
        sent = pickle.loads(pickle.dumps(read))  # to a loading process
        assert [frames.tobytes() for frames in sent] == [frames.tobytes() for frames in expected]
        assert [frames.tobytes() for frames in read[3:7]] == [frames.tobytes() for frames in expected[3:7]]


def odd(table):
    """Values whose float32 has to be the same on every way: rounded, negative zeros, other types."""
    types = ["<f8", "<f2", "<f4", "<i4"]
    return {key: (1e3 * frames / 7 * (-1) ** i).astype(types[i % 4]) for i, (key, frames) in enumerate(table.items())}


@pytest.mark.parametrize("suffix", SAVE)
@pytest.mark.parametrize("packing", [False, True])
def test_shards_of_every_format(tmp_path, request, suffix, packing):
    if packing:
        request.getfixturevalue("packed")
    table = odd(make_table(20))
    for i, (start, end) in enumerate([(0, 7), (7, 8), (8, 8), (8, 15), (15, 20)]):
        put(tmp_path / "swin", f"part{i}{suffix}", part(table, start, end))
    same_as_one_pickle(tmp_path, tmp_path / "swin", table)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("packing", [False, True])
def test_a_file_for_each_clip_of_every_format(tmp_path, cache, request, suffix, packing):
    if packing:
        request.getfixturevalue("packed")
    table = odd(make_table(20))
    put_clips(tmp_path / "swin", table, suffix)
    same_as_one_pickle(tmp_path, tmp_path / "swin", table)
    assert (len(stores(cache)) < 12) == packing


def test_formats_and_shapes_mixed(tmp_path, packed):
    table = make_table(20)
    put(tmp_path / "swin", "a.npz", part(table, 0, 5))
    put(tmp_path / "swin", "b.pkl", {key: list(frames) for key, frames in part(table, 5, 9).items()})
    put_clips(tmp_path / "swin", {key: frames[:, None] for key, frames in part(table, 9, 15).items()})
    for key, frames in part(table, 15, 18).items():
        (tmp_path / "swin" / f"{key}.pkl").write_bytes(pickle.dumps([frame[None] for frame in frames]))
    frame = table["clip18"][0]  # a file that refers to what it has forgotten, which is loaded at once
    table["clip18"] = table["clip19"] = np.stack([frame, frame])
    (tmp_path / "swin" / "c.pkl").write_bytes(pickle.dumps({"clip18": [frame, frame], "clip19": [frame, frame]}))
    for name in (".hidden.npy", "README.txt", "notes"):
        (tmp_path / "swin" / name).write_text("not features")
    (tmp_path / "swin" / "folder").mkdir()
    same_as_one_pickle(tmp_path, tmp_path / "swin", table)


def test_a_single_file_of_another_format(tmp_path):
    for suffix, save in SAVE.items():
        save(tmp_path / f"a{suffix}", make_table(7))
        check(tmp_path / f"a{suffix}", make_table(7))


# what is opened


needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")


@needs_proc
def test_only_the_stores_of_the_clips_that_are_read_are_opened(shards, cache, user_error):
    table = make_table(20)
    read = read_features(shards, list(table), max_length=100)
    opened = len(os.listdir("/proc/self/fd"))
    (own,) = stores_with(cache, "clip5")
    for name in set(stores(cache)) - {own}:
        shutil.rmtree(cache / name)
    for i in range(5, 10):
        np.testing.assert_array_equal(read[i], table[f"clip{i}"])
    with user_error("cannot be read", "start again"):
        read[4]
    assert len(os.listdir("/proc/self/fd")) == opened
    assert str(cache) not in Path("/proc/self/maps").read_text()


FEW = """
import os, resource, sys
from mia_plugins.data.features import read_features
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 12,) * 2)
clips = int(sys.argv[2])
read = read_features(sys.argv[1], [f"clip{i}" for i in range(clips)], max_length=9)
print(sum(len(frames) for frames in read))
"""


@needs_proc
def test_file_descriptors_do_not_run_out(tmp_path, cache):
    table = make_table(300)
    put_clips(tmp_path / "swin", table)
    output = run(FEW, tmp_path / "swin", 300).communicate()[0]
    assert output.split()[-1] == str(sum(map(len, table.values()))), output
    assert len(stores(cache)) == 300


# when something changes


def test_a_changed_shard_is_converted_alone(shards, conversions):
    table = make_table(20)
    check(shards, table)
    check(shards, table)
    assert conversions == [f"part{i}.pkl" for i in range(4)]
    table.update({key: -frames for key, frames in part(table, 5, 10).items()})
    before = os.stat(shards / "part1.pkl")
    write(shards / "part1.pkl", part(table, 5, 10))  # as large as before
    os.utime(shards / "part1.pkl", ns=(before.st_atime_ns, before.st_mtime_ns))  # and as old
    check(shards, table)
    write(shards / "part0b.pkl", {"new": np.ones((1, 4), np.float32)})
    check(shards, {**table, "new": np.ones((1, 4), np.float32)})
    assert conversions[4:] == ["part1.pkl", "part0b.pkl"]


def test_a_new_file_changes_only_its_pack(tmp_path, packed, conversions):
    table = make_table(60)
    put_clips(tmp_path / "swin", table)
    check(tmp_path / "swin", table)
    packs = len(conversions)
    assert 8 < packs < 30
    for key in ("aaa", "clip31b", "zzz"):
        table[key] = np.ones((2, 4), np.float32)
        put_clips(tmp_path / "swin", {key: table[key]})
        check(tmp_path / "swin", table)
    (tmp_path / "swin" / "clip17.npy").unlink()
    del table["clip17"]
    check(tmp_path / "swin", table)
    assert len(conversions) <= packs + 8  # the file's pack, and where it ends one its other half


def test_large_files_are_not_packed(tmp_path, packed, conversions, monkeypatch):
    monkeypatch.setattr(sources, "_LARGE", 1000)
    monkeypatch.setattr(sources, "_FULL", 500)
    table = make_table(20, width=10)
    put_clips(tmp_path / "swin", table)
    table["big"] = np.ones((50, 10), np.float32)
    put_clips(tmp_path / "swin", {"big": table["big"]})
    check(tmp_path / "swin", table)
    assert "big.npy" in conversions
    sizes = [sum((tmp_path / "swin" / name).stat().st_size for name in pack.split()) for pack in conversions]
    assert max(size for size, pack in zip(sizes, conversions) if pack != "big.npy") < 500 + 1000


# clips that are missing


def test_missing_clips_have_no_frames_if_that_is_allowed(shards, user_error):
    table = make_table(20)
    put(shards, "part4.pkl", {"empty": np.ones((0, 4), np.float32), "list": [], "none": None})
    keys = ["gone", "clip1", "empty", "list", "gone", "clip0"]
    read = read_features(shards, keys, max_length=9, missing="empty")
    assert read.width == 4
    assert read.lengths.tolist() == [0, len(table["clip1"]), 0, 0, 0, len(table["clip0"])]
    for frames, key in zip(read, keys):
        np.testing.assert_array_equal(frames, table.get(key, np.empty((0, 4), np.float32)), strict=True)
    assert read_features(shards, ["gone", "empty"], max_length=9, missing="empty")[1].shape == (0, 1)
    assert read_features(shards, ["gone"], max_length=9, missing="empty", width=7)[0].shape == (0, 7)
    with user_error("clip none", "NoneType"):
        read_features(shards, ["gone", "none"], max_length=9, missing="empty")
    with user_error("2 clips have no features", "gone"):
        read_features(shards, keys, max_length=9)
    with user_error("clip empty", "is empty", shards / "part4.pkl"):
        read_features(shards, ["empty"], max_length=9)


def test_the_digest_of_a_file_or_folder(shards, path, user_error):
    before = sources.features_digest(shards), sources.features_digest(path)
    (shards / "README.txt").touch()
    assert (sources.features_digest(shards), sources.features_digest(path)) == before
    write(shards / "part2.pkl", part(make_table(20), 10, 14))
    write(path, make_table(6))
    assert not {sources.features_digest(shards), sources.features_digest(path)} & set(before)
    os.mkfifo(shards / "part2b.pkl")
    with user_error(shards / "part2b.pkl", "it is a FIFO"):
        sources.features_digest(shards)
