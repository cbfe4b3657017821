"""Locks between real processes, and what happens where there are none."""

import errno
import logging
import os
import signal
import subprocess
import sys

import pytest

from mia_plugins.system import locks
from mia_plugins.system.locks import locked

HOLD = """
import sys
from pathlib import Path
from mia_plugins.system.locks import locked
with locked(Path(sys.argv[1]), "busy") as held:
    print(held, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock ``lock`` until it gets a line."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.communicate()


def test_waits_for_another_process_and_says_so(tmp_path, holder, caplog, monkeypatch):
    waited = []
    wait = locks._wait

    def end_the_other(lock):
        waited.append(holder.poll())  # None: it still runs
        holder.stdin.write("\n")
        holder.stdin.flush()
        return wait(lock)

    monkeypatch.setattr(locks, "_wait", end_the_other)
    with caplog.at_level(logging.INFO, "mia_plugins"), locked(tmp_path / "lock", "another one is at it") as held:
        assert held
    assert waited == [None]
    assert caplog.messages == ["another one is at it"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_process_lets_go(tmp_path, holder, caplog):
    holder.kill()
    holder.wait()
    with caplog.at_level(logging.INFO, "mia_plugins"), locked(tmp_path / "lock", "busy") as held:
        assert held
    assert caplog.messages == []


def test_is_released_also_after_an_error(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "lock", "busy"):
        raise KeyError
    with locked(tmp_path / "lock", "busy") as held:
        assert held


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EIO])
def test_a_file_system_without_locks(tmp_path, monkeypatch, code, recwarn):
    fcntl = pytest.importorskip("fcntl")

    def no_locks(_file, _operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(locks, "_PATIENCE", min(locks._PATIENCE, 0.2))  # -1 stays: where errors are told, no waiting
    for _ in range(2):
        with locked(tmp_path / "lock", "busy") as held:
            assert not held
    assert list(recwarn) == []


def test_a_lock_file_that_cannot_be_made(tmp_path):
    (tmp_path / "lock").mkdir()
    with locked(tmp_path / "lock", "busy") as held:
        assert not held
