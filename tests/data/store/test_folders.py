"""A folder of feature files comes to what one pickle of all clips does."""

import os
import pickle
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from store_files import SAVE, SAVE_ONE, check, make_table, run, stores, write

from mia_plugins.data.features import read_features
from mia_plugins.data.store import cache as cache_module
from mia_plugins.data.store import sources
from mia_plugins.data.store.formats import SUFFIXES
from mia_plugins.data.store.index import load_index


def put(folder, name, table):
    """A shard."""
    folder.mkdir(exist_ok=True)
    SAVE[os.path.splitext(name)[1]](folder / name, table)


def put_clips(folder, table, suffix=".npy"):
    """A file for each clip."""
    folder.mkdir(exist_ok=True)
    for key, frames in table.items():
        SAVE_ONE[suffix](folder / f"{key}{suffix}", frames)


def part(table, start, end):
    return dict(list(table.items())[start:end])


@pytest.fixture
def shards(tmp_path):
    """A folder of four pickles with five clips each; its clips are ``make_table(20)``."""
    for i in range(4):
        put(tmp_path / "swin", f"part{i}.pkl", part(make_table(20), 5 * i, 5 * i + 5))
    return tmp_path / "swin"


@pytest.fixture
def packed(monkeypatch):
    """Small files are packed, about four to a pack."""
    monkeypatch.setattr(sources, "ALONE", 3)
    monkeypatch.setattr(sources, "_PACK", 4)


def same_as_one_pickle(tmp_path, folder, table):
    rng = np.random.default_rng(1)
    keys = [*rng.permutation(list(table)).tolist(), *list(table)[:2]]
    one = write(tmp_path / "all.pkl", table)
    for max_length in (100, 3):
        expected = read_features(one, keys, max_length=max_length)
        read = read_features(folder, keys, max_length=max_length)
        assert (read.width, read.lengths.tolist()) == (expected.width, expected.lengths.tolist())
        assert [frames.tobytes() for frames in read] == [frames.tobytes() for frames in expected]
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


def stores_with(cache, key):
    return [name for name in stores(cache) if key in load_index(cache / name).rows]


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


# damage, interruptions, several processes


def test_a_damaged_shard_in_the_middle(shards, cache, conversions, user_error):
    content = (shards / "part2.pkl").read_bytes()
    (shards / "part2.pkl").write_bytes(content[:-40])
    with user_error(shards / "part2.pkl", "not a complete pickle"):
        read_features(shards, ["clip0"], max_length=9)
    assert len(stores(cache)) == 2
    (shards / "part2.pkl").write_bytes(content)
    check(shards, make_table(20))
    assert conversions == [f"part{i}.pkl" for i in (0, 1, 2, 2, 3)]


def test_a_damaged_store_is_made_again(shards, cache, conversions):
    check(shards, make_table(20))
    (name,) = stores_with(cache, "clip12")
    (cache / name / "index.npz").write_bytes(b"damaged")
    check(shards, make_table(20))
    assert conversions[4:] == ["part2.pkl"]


KILLED = """
import os, signal, sys
from mia_plugins.data.store import cache
from mia_plugins.data.features import read_features
save = cache.save_index
def kill(folder, entries, counts):
    if "clip10" in entries:
        os.kill(os.getpid(), signal.SIGKILL)
    save(folder, entries, counts)
cache.save_index = kill
read_features(sys.argv[1], ["clip0"], max_length=9)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_an_interrupted_conversion_goes_on_where_it_stopped(shards, cache, conversions):
    assert run(KILLED, shards).wait() == -signal.SIGKILL
    assert len(stores(cache)) == 3
    check(shards, make_table(20))
    assert conversions == ["part2.pkl", "part3.pkl"]
    assert len(stores(cache)) == 4


BOTH = """
import logging, sys
import numpy as np
from mia_plugins.data.features import read_features
logging.basicConfig(level=logging.DEBUG, format="%(message)s")
print("ready", flush=True)
sys.stdin.readline()
read = read_features(sys.argv[1], [f"clip{i}" for i in range(400)], max_length=100)
print("sum", sum(float(np.abs(frames).sum()) for frames in read))
"""


def test_two_processes_convert_at_once(tmp_path, cache):
    table = make_table(400, 300)
    for i in range(20):
        clips = part(table, 20 * i, 20 * i + 20)
        put(tmp_path / "swin", f"part{i}.pkl", {key: list(frames) for key, frames in clips.items()})
    processes = [run(BOTH, tmp_path / "swin", stdin=subprocess.PIPE) for _ in range(2)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in processes]
    expected = sum(float(np.abs(frames).sum()) for frames in table.values())
    assert [float(output.split()[-1]) for output in outputs] == [expected] * 2, outputs
    assert sum(output.count("converted") for output in outputs) == 20
    assert len(stores(cache)) == 20


def test_a_file_that_changes_while_it_is_read(shards, cache, monkeypatch, user_error):
    convert = cache_module.convert_files

    def meddle(paths, frames):
        if paths[0].name == "part1.pkl":
            write(paths[0], make_table(6))
        return convert(paths, frames)

    monkeypatch.setattr(cache_module, "convert_files", meddle)
    with user_error(shards, "was changed while it was read"):
        read_features(shards, ["clip0"], max_length=9)
    assert len(stores(cache)) == 1


# what is refused


class Calls:
    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("packing", [False, True])
def test_nothing_in_a_shard_is_run(shards, tmp_path, request, user_error, packing):
    if packing:
        request.getfixturevalue("packed")
    (shards / "part1b.pkl").write_bytes(pickle.dumps({"clip99": Calls(tmp_path / "ran")}))
    with user_error(shards / "part1b.pkl", "nothing in it was run"):
        read_features(shards, ["clip0"], max_length=9)
    assert not (tmp_path / "ran").exists()
    pickle.loads((shards / "part1b.pkl").read_bytes())  # an ordinary load does
    assert (tmp_path / "ran").exists()


def test_links_do_not_lead_out_of_the_folder(shards, tmp_path, user_error):
    outside = write(tmp_path / "secret.pkl", {"clip99": np.ones((1, 4), np.float32)})
    for target in (outside, "../secret.pkl", "/proc/self/fd/0"):
        (shards / "link.pkl").symlink_to(target)
        with user_error(shards / "link.pkl", "outside the folder"):
            read_features(shards, ["clip0"], max_length=9)
        (shards / "link.pkl").unlink()
    for target in ("gone.pkl", "link.pkl"):
        (shards / "link.pkl").symlink_to(target)
        with user_error(shards / "link.pkl", "cannot be read"):
            read_features(shards, ["clip0"], max_length=9)
        (shards / "link.pkl").unlink()
    (shards / "part0.pkl").rename(shards / "data")
    (shards / "link.pkl").symlink_to("data")
    (tmp_path / "linked").symlink_to("swin")  # the folder itself may be elsewhere, as a single pickle may
    check(tmp_path / "linked", make_table(20))


def test_what_is_no_file_is_not_opened(shards, user_error):
    for make, kind in ((os.mkfifo, "a FIFO"), (os.mkdir, "a folder")):
        make(shards / "odd.pkl")
        with user_error(shards / "odd.pkl", f"it is {kind}"):
            read_features(shards, ["clip0"], max_length=9)
        (os.rmdir if make is os.mkdir else os.unlink)(shards / "odd.pkl")


def test_a_folder_without_feature_files(tmp_path, user_error):
    (tmp_path / "notes.txt").touch()
    with user_error(tmp_path, "no feature files", ".safetensors"):
        read_features(tmp_path, ["clip0"], max_length=9)


@pytest.mark.parametrize("packing", [False, True])
@pytest.mark.parametrize("keys", [["clip3"], ["clip0"]])  # also one that nobody wants
def test_a_clip_in_two_files(shards, request, user_error, packing, keys):
    if packing:
        request.getfixturevalue("packed")
    put_clips(shards, {"clip3": np.ones((1, 4), np.float32)})
    with user_error("clip clip3 is both in", shards / "part0.pkl", shards / "clip3.npy"):
        read_features(shards, keys, max_length=9)


@pytest.mark.parametrize("packing", [False, True])
def test_a_faulty_clip_is_named_with_its_file_and_row(shards, request, user_error, packing):
    if packing:
        request.getfixturevalue("packed")
    nan = np.ones((3, 4), np.float32)
    nan[1, 2] = np.nan
    bad = {"nan": nan, "wide": np.ones((1, 5), np.float32), "flat": np.ones(4, np.float32), "none": None}
    put(shards, "part2b.pkl", bad)
    keys = [*make_table(20), *bad]
    for key, words in (("nan", "frame 1"), ("wide", "5 features"), ("flat", "shape (4,)"), ("none", "NoneType")):
        rows = [f"train.tsv, row {i}" for i in range(len(keys))]
        with user_error(f"clip {key} (train.tsv, row {keys.index(key)})", shards / "part2b.pkl", words):
            read_features(
                shards,
                [*list(make_table(20)), *[key] * 4],
                max_length=9,
                rows=[*rows[:20], *[rows[keys.index(key)]] * 4],
            )
    with user_error("clip gone (train.tsv, row 7)", shards):
        read_features(shards, ["clip1", "gone"], max_length=9, rows=["train.tsv, row 6", "train.tsv, row 7"])


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
