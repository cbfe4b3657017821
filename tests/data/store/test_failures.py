"""What can go wrong while a store is made."""

import errno
import os
import signal
from pathlib import Path

import pytest
from store_files import check, make_table, run, stores, write

from mia_plugins.data.store import cache as cache_module
from mia_plugins.data.store import writer as writer_module
from mia_plugins.data.store.cache import open_store


class Interrupt:
    """Stops the writing of the third array."""

    def __init__(self, monkeypatch, error):
        self.left, self.error, self.append = 3, error, writer_module.Writer._append
        monkeypatch.setattr(writer_module.Writer, "_append", lambda writer, values: self(writer, values))

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
from mia_plugins.data.store import cache, writer as writer_module
append = writer_module.Writer._append
def kill(writer, values):
    if writer.end > 20:
        writer.out.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    return append(writer, values)
writer_module.Writer._append = kill
cache.open_store(sys.argv[1])
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


@pytest.mark.parametrize("part", [0.001, 0.5, 0.99])
def test_a_full_disk(tmp_path, cache, user_error, part):
    resource = pytest.importorskip("resource")
    table = make_table(40, 300)
    path = write(tmp_path / "a.pkl", table)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = int(part * sum(frames.nbytes for frames in table.values()))
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
        patch.setattr(cache_module, "save_index", full)
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

    monkeypatch.setattr(cache_module.tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    check(path, make_table())
    write(path, make_table(6))
    with user_error(cache, "Permission denied", "MIA_PLUGINS_CACHE"):
        open_store(path)
