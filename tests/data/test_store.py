import errno
import logging
import multiprocessing
import operator
import os
import pickle
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mia_plugins.data import store as store_module
from mia_plugins.data import store_build, store_lock
from mia_plugins.data.features import read_features
from mia_plugins.data.store import open_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of the test's own; the stores are in its ``features``."""
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


def make_table(clips=5, width=4, seed=0, most=9):
    rng = np.random.default_rng(seed)
    return {f"clip{i}": rng.normal(size=(rng.integers(1, most), width)).astype(np.float32) for i in range(clips)}


def write(path, table, protocol=4):
    path.write_bytes(pickle.dumps(table, protocol))
    return path


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "video_feats.pkl", make_table())


def check(path, table, max_length=100):
    read = read_features(path, list(table), max_length=max_length)
    assert len(read) == len(table)
    for clip, expected in zip(read, table.values()):
        np.testing.assert_array_equal(clip, expected[:max_length], strict=True)


def stores(cache):
    """What is in the cache, but for the lock."""
    return sorted(name for name in os.listdir(cache) if name != ".lock") if cache.exists() else []


@pytest.fixture
def conversions(monkeypatch):
    """The files that were converted so far."""
    done = []

    def convert(path, frames):
        done.append(Path(path).name)
        return store_build.convert(path, frames)

    monkeypatch.setattr(store_module, "convert", convert)
    return done


def run(script, *args, **options):
    """Starts Python with what it prints at hand."""
    command = [sys.executable, "-c", script, *map(str, args)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


# what is read


def test_converted_once(path, cache, conversions, caplog):
    with caplog.at_level(logging.INFO, "mia_plugins"):
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


def test_only_what_is_asked_for_is_read(path, monkeypatch):
    table = make_table()
    done, preadv = [], os.preadv
    monkeypatch.setattr(os, "preadv", lambda *args: done.append(preadv(*args)) or done[-1])
    read = read_features(path, list(table), max_length=3)
    assert read.lengths.sum() > read[2:].lengths.sum() > 0
    assert done == []
    read[1]
    assert done == [4 * 4 * min(3, len(table["clip1"]))]


def test_reads_that_come_in_pieces(path, monkeypatch):
    preadv = os.preadv
    monkeypatch.setattr(os, "preadv", lambda file, buffers, at: preadv(file, [buffers[0][:7]], at))
    check(path, make_table())


def test_without_positional_reads(path, monkeypatch):
    monkeypatch.delattr(os, "preadv")
    check(path, make_table())


@pytest.mark.parametrize("way", ["fork", "spawn"])
@pytest.mark.parametrize("opened", [True, False])
def test_in_other_processes(path, way, opened):
    if way not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {way} here")
    table = make_table(60, 300)
    write(path, table)
    read = read_features(path, list(table), max_length=100)
    if opened:
        assert read[0].any()
    order = np.random.default_rng(0).integers(0, 60, 300).tolist()
    with multiprocessing.get_context(way).Pool(2) as pool:
        found = pool.starmap(operator.getitem, [(read, i) for i in order], chunksize=10)
    for i, frames in zip(order, found):
        np.testing.assert_array_equal(frames, table[f"clip{i}"])


def test_a_fork_shares_no_position(path):
    """Parent and child read other clips through the same open file at the same time."""
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    table = make_table(60, 300)
    read = read_features(write(path, table), list(table), max_length=100)
    assert read[0].any()
    child = os.fork()
    step = 1 if child else 7
    right = all(np.array_equal(read[i * step % 60], table[f"clip{i * step % 60}"]) for i in range(2000))
    if not child:
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert right


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
    with user_error("cut.pkl", "not a whole pickle"):
        open_store(tmp_path / "cut.pkl")
    with user_error("list.pkl", "holds a list, not a dict"):
        open_store(write(tmp_path / "list.pkl", [1]))
    with user_error("array.pkl", "holds a ndarray, not a dict"):
        open_store(write(tmp_path / "array.pkl", np.ones((2, 2))))
    assert stores(cache) == []


# when it is made again


def set_time(path, nanoseconds):
    os.utime(path, ns=(nanoseconds, nanoseconds))


def test_a_changed_file_is_converted_again(path, tmp_path, cache, conversions):
    other = write(tmp_path / "other.pkl", make_table(seed=9))
    check(other, make_table(seed=9))
    set_time(path, 10**18)
    check(path, make_table())
    before = stores(cache)
    table = {key: -frames for key, frames in make_table().items()}
    write(path, table)  # as large as before
    set_time(path, 10**18)  # and as old
    check(path, table)
    assert len(stores(cache)) == 2
    assert len({*before, *stores(cache)}) == 3  # the store of the old content is gone, other.pkl's is not
    set_time(path, 10**18 + 1)
    check(path, table)
    write(path, make_table(7))
    check(path, make_table(7))
    assert len(stores(cache)) == 2
    assert conversions == ["other.pkl"] + ["video_feats.pkl"] * 4


def test_one_store_for_a_file_and_its_links(path, tmp_path, conversions, monkeypatch):
    (tmp_path / "link.pkl").symlink_to(path)
    check(path, make_table())
    check(tmp_path / "link.pkl", make_table())
    monkeypatch.chdir(tmp_path)
    check("video_feats.pkl", make_table())
    assert conversions == ["video_feats.pkl"]


def test_a_relative_cache_folder(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIA_PLUGINS_CACHE", "here")
    read = read_features(path, ["clip0"], max_length=9)
    monkeypatch.chdir("/")
    assert read[0].any()


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["frames.f32", "index.npy", "index.json"])
@pytest.mark.parametrize(
    "damage", [cut, flip, Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"1\n{}" * 99)]
)
def test_a_damaged_store_is_made_again(path, cache, conversions, name, damage):
    check(path, make_table())
    (folder,) = stores(cache)
    damage(cache / folder / name)
    if name == "frames.f32" and damage is flip:
        pytest.skip("of frames only the size is looked at, since looking at all would take as long as converting them")
    check(path, make_table())
    assert len(conversions) == 2
    assert stores(cache) == [folder]


def test_a_store_that_goes_while_it_is_read(path, cache, user_error):
    read = read_features(path, ["clip0"], max_length=9)
    (folder,) = stores(cache)
    frames = cache / folder / "frames.f32"
    frames.rename(cache / "gone")
    with user_error(frames, "cannot be read"):
        read[0]
    (cache / "gone").rename(frames)
    frames.write_bytes(b"1234")
    with user_error(frames, "cut off"):
        read[0]


def test_a_file_that_changes_while_it_is_read(path, cache, monkeypatch, user_error):
    def convert(path, frames):
        entries = store_build.convert(path, frames)
        write(path, make_table(6))
        return entries

    monkeypatch.setattr(store_module, "convert", convert)
    with user_error(path, "changed while it was read"):
        open_store(path)
    assert stores(cache) == []


# what can go wrong


class Interrupt:
    """Stops the writing of the third array."""

    def __init__(self, monkeypatch, error):
        self.left, self.error, self.append = 3, error, store_build._Writer._append
        monkeypatch.setattr(store_build._Writer, "_append", lambda writer, values: self(writer, values))

    def __call__(self, writer, values):
        self.left -= 1
        if not self.left:
            raise self.error
        return self.append(writer, values)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_leaves_nothing(path, cache, monkeypatch, error):
    with monkeypatch.context() as patch:
        Interrupt(patch, error)
        with pytest.raises(error):
            open_store(path)
    assert stores(cache) == []
    check(path, make_table())


KILLED = """
import os, signal, sys
from mia_plugins.data import store, store_build
append = store_build._Writer._append
def kill(writer, values):
    if writer.end > 20:
        writer.out.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return append(writer, values)
store_build._Writer._append = kill
store.open_store(sys.argv[1])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_what_a_killed_process_left_goes_with_the_next_conversion(path, tmp_path, cache):
    other = write(tmp_path / "other.pkl", make_table(seed=1))
    check(other, make_table(seed=1))
    assert run(KILLED, path).wait() == -signal.SIGKILL
    assert len(stores(cache)) == 2
    assert any(name.startswith(".new-") for name in stores(cache))
    check(path, make_table())
    assert len(stores(cache)) == 2
    assert not any(name.startswith(".new-") for name in stores(cache))
    check(other, make_table(seed=1))


@pytest.mark.parametrize("share", [0.001, 0.5, 0.99])
def test_a_full_disk(tmp_path, cache, user_error, share):
    resource = pytest.importorskip("resource")
    table = make_table(40, 300)
    path = write(tmp_path / "a.pkl", table)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = int(share * sum(frames.nbytes for frames in table.values()))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        with user_error(cache, path, os.strerror(errno.EFBIG), "MIA_PLUGINS_CACHE"):
            open_store(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert stores(cache) == []
    check(path, table)


def test_a_full_disk_at_the_index(path, cache, monkeypatch, user_error):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_save_index", full)
        with user_error(cache, "No space left", "MIA_PLUGINS_CACHE"):
            open_store(path)
    assert stores(cache) == []


def test_a_cache_that_cannot_be_a_folder(path, tmp_path, monkeypatch, user_error):
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(path))
    with user_error(path / "features", "MIA_PLUGINS_CACHE"):
        open_store(path)


def test_a_store_in_a_read_only_cache_is_used(path, cache, monkeypatch, user_error):
    check(path, make_table())

    def refuse(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(store_module.tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    check(path, make_table())
    write(path, make_table(6))
    with user_error(cache, "Permission denied", "MIA_PLUGINS_CACHE"):
        open_store(path)


# at the same time

BOTH = """
import logging, sys, time
import numpy as np
from mia_plugins.data.features import read_features
logging.basicConfig(level=logging.INFO, format="%(message)s")
print("ready", flush=True)
sys.stdin.readline()
read = read_features(sys.argv[1], [f"clip{i}" for i in range(400)], max_length=100)
print("sum", sum(float(np.abs(frames).sum()) for frames in read))
"""


def test_processes_that_start_at_once(tmp_path, cache):
    table = make_table(400, 300)
    path = write(tmp_path / "a.pkl", {key: list(frames) for key, frames in table.items()})  # lists take longest
    processes = [run(BOTH, path, stdin=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in processes]
    expected = sum(float(np.abs(frames).sum()) for frames in table.values())
    assert [process.returncode for process in processes] == [0] * 3, outputs
    assert [float(re.search("^sum (.*)", output, re.M)[1]) for output in outputs] == [expected] * 3
    assert sum("converted" in output for output in outputs) == 1
    assert len(stores(cache)) == 1


def test_where_there_are_no_locks_the_faster_one_wins(path, cache, monkeypatch):
    def no_locks(_file):
        raise OSError(errno.ENOSYS, "Function not implemented")

    def convert(path, frames):
        monkeypatch.setattr(store_module, "convert", store_build.convert)
        open_store(path)  # another process is done before
        return store_build.convert(path, frames)

    monkeypatch.setattr(store_lock, "_try_lock", no_locks)
    monkeypatch.setattr(store_module, "convert", convert)
    (cache / ".new-other").mkdir(parents=True)
    check(path, make_table())
    assert len(stores(cache)) == 2
    assert ".new-other" in stores(cache)  # perhaps still at work


# memory

MEMORY = """
import re, sys
import numpy as np
from mia_plugins.data.features import read_features
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
path, clips = sys.argv[1], int(sys.argv[2])
before = peak()
read = read_features(path, [f"clip{i}" for i in range(clips)], max_length=1000)
converted = peak()
total = sum(int(frames[0, 0]) for frames in read)
print(converted - before, peak() - before, total)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
@pytest.mark.parametrize(("form", "protocol"), [("array", 0), ("array", 2), ("array", 4), ("array", 5), ("rows", 4)])
def test_memory_does_not_grow_with_the_clips(tmp_path, form, protocol):
    """Peak memory in MiB of converting and of reading, above what Python and numpy take."""
    peaks = {}
    for clips in (100, 1200) if protocol else (50, 300):  # text is slow
        frames = np.zeros((20, 512), np.float32)  # 40 KiB a clip
        table = {}
        for i in range(clips):
            own = frames + i
            table[f"clip{i}"] = own if form == "array" else [row[None] for row in own]
        path = write(tmp_path / f"{clips}.pkl", table, protocol)
        process = run(MEMORY, path, clips)
        output = process.communicate()[0]
        assert process.returncode == 0, output
        converting, reading, total = map(float, output.split())
        assert total == sum(range(clips))
        peaks[clips] = converting, reading
        path.unlink()
    (few, few_read), (many, many_read) = peaks.values()
    assert many - few < 3, peaks  # of 43 MiB that were added
    assert many_read - few_read < 3, peaks
