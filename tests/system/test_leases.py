"""Leases: one owner at a time, and none for ever."""

import json
import multiprocessing
import os
import subprocess
import sys
import time

import pytest

from mia_plugins.system.leases import Leases, owner


def _take(folder, names, taken):
    leases = Leases(folder)
    for name in names:
        if leases.take(name) is not None:
            taken.put((name, os.getpid()))
    taken.put(None)
    time.sleep(3)  # alive until all have tried


def test_processes_at_once_take_different_work(tmp_path):
    names = [f"run{i}" for i in range(20)]
    context = multiprocessing.get_context("fork")
    taken = context.Queue()
    workers = [context.Process(target=_take, args=(tmp_path, names, taken)) for _ in range(3)]
    for worker in workers:
        worker.start()
    found, ended = [], 0
    while ended < 3:
        item = taken.get(timeout=30)
        ended += item is None
        found += [item] if item else []
    for worker in workers:
        worker.join()
    assert sorted(name for name, _ in found) == sorted(names)  # each once


def test_a_lease_is_held_until_it_is_let_go(tmp_path):
    first, second = Leases(tmp_path), Leases(tmp_path)
    lease = first.take("run")
    assert second.take("run") is None
    assert f"(process {os.getpid()})" in second.holder("run")
    with lease:
        pass
    assert second.holder("run") is None
    assert second.take("run") is not None


def test_who_looked_first_and_wrote_last_gets_nothing(tmp_path, monkeypatch):
    fast, slow = Leases(tmp_path), Leases(tmp_path)
    monkeypatch.setattr(slow, "latest", lambda name: (-1, None))  # what it saw before the other wrote
    assert fast.take("run") is not None
    assert slow.take("run") is None


def test_the_work_of_a_dead_process_is_free_at_once(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "run.0").write_text(json.dumps({**owner(), "pid": ended.pid}))
    assert Leases(tmp_path).take("run").path.name == "run.1"


def test_another_machines_work_is_free_when_it_gives_no_sign(tmp_path):
    path = tmp_path / "run.0"
    # process 1 lives here, but a number says nothing about another machine
    path.write_text(json.dumps({"place": "another machine", "host": "another", "pid": 1}))
    assert Leases(tmp_path, stale=60).take("run") is None
    os.utime(path, (time.time() - 61,) * 2)
    assert Leases(tmp_path, stale=60).take("run") is not None


def test_a_lease_being_written_counts(tmp_path):
    (tmp_path / "run.3").touch()
    assert Leases(tmp_path).take("run") is None


TORN = ["", '{"place": "x', "[]", "3", "null", '"text"', "[" * 100_000, '{"pid": true}', '{"released": []}', "\x00"]


@pytest.mark.parametrize("content", TORN)
def test_a_torn_lease_holds_for_a_while_and_then_is_free(tmp_path, content):
    path = tmp_path / "run.0"
    path.write_text(content)
    leases = Leases(tmp_path, stale=60)
    assert leases.take("run") is None
    assert leases.holder("run") == "? (process ?)" or "process True" in leases.holder("run")
    os.utime(path, (time.time() - 61,) * 2)
    assert leases.take("run").path.name == "run.1"


@pytest.mark.parametrize("pid", [2**70, -1, 0, 2**31])
def test_a_number_that_no_process_has_is_free_at_once(tmp_path, pid):
    (tmp_path / "run.0").write_text(json.dumps({**owner(), "pid": pid}))
    assert Leases(tmp_path).take("run") is not None


def test_a_lease_from_the_future_is_free(tmp_path):
    path = tmp_path / "run.0"
    path.write_text(json.dumps({"place": "another machine", "host": "another", "pid": 1}))
    os.utime(path, (time.time() + 3600,) * 2)
    assert Leases(tmp_path, stale=60).take("run") is not None


def test_what_is_no_lease_counts_for_nothing(tmp_path):
    for name in ("run.²", "run.x", "run.", "run.1.tmp", f"run.{'9' * 40}"):
        (tmp_path / name).touch()
    assert Leases(tmp_path).take("run").path.name == "run.0"
    (tmp_path / "other.0").mkdir()  # a folder: as old as a lease may become, it is free
    os.utime(tmp_path / "other.0", (time.time() - 601,) * 2)
    assert Leases(tmp_path).take("other").path.name == "other.1"
