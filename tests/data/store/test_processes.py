"""Several processes at one store, and the memory that it takes."""

import errno
import os
import re
import subprocess

import numpy as np
import pytest
from store_files import check, make_table, run, stores, write

from mia_plugins.data.store import build
from mia_plugins.data.store import cache as cache_module
from mia_plugins.data.store.cache import open_store
from mia_plugins.system import locks

BOTH = """
import logging, sys, time
import numpy as np
from mia_plugins.data.features import read_features
logging.basicConfig(level=logging.DEBUG, format="%(message)s")
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


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_there_are_no_locks_the_faster_one_wins(path, cache, monkeypatch, code):
    fcntl = pytest.importorskip("fcntl")

    def no_locks(_file, _operation):
        raise OSError(code, os.strerror(code))

    def convert(path, frames):
        monkeypatch.setattr(cache_module, "convert", build.convert)
        open_store(path)  # another process is done before
        return build.convert(path, frames)

    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(locks, "_PATIENCE", min(locks._PATIENCE, 0.2))  # -1, for ever, if filelock tells the two apart
    monkeypatch.setattr(cache_module, "convert", convert)
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
            clip = frames + i
            table[f"clip{i}"] = clip if form == "array" else [row[None] for row in clip]
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
