"""What can go wrong with a folder of feature files, and what is refused in one."""

import os
import pickle
import signal
import subprocess

import numpy as np
import pytest
from store_files import check, make_table, part, put, put_clips, run, stores, stores_with, write

from mia_plugins.data.features import read_features
from mia_plugins.data.store import cache as cache_module

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
