"""One command in several processes, as ``torchrun`` starts them, but at once (:mod:`warm`)."""

import os
import socket
import subprocess
import sys
import time

import warm


def free_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def start_launched(*words, cwd, processes=2, environment=None):
    """Starts the interpreter's command ``words`` in processes that find each other; returns them by their rank."""
    port = str(free_port())
    started = []
    for rank in map(str, range(processes)):
        place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": str(processes), "LOCAL_WORLD_SIZE": str(processes)}
        place.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=port, PYTHONUNBUFFERED="1")
        started.append(
            warm.Popen(
                [sys.executable, *map(str, words)],
                cwd=cwd,
                env={**os.environ, **(environment or {}), **place},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return started


def launched(*words, timeout=200, **options):
    """As :func:`start_launched`, to the end; where one process fails the others are ended, as ``torchrun`` does.

    Returns:
        The exit code (0 if all are), the output and the errors of all processes.
    """
    started = start_launched(*words, **options)
    deadline = time.monotonic() + timeout
    while any(process.poll() is None for process in started) and not any(process.returncode for process in started):
        assert time.monotonic() < deadline, "still running"
        time.sleep(0.02)
    for process in started:
        if process.poll() is None:
            process.terminate()
    outputs = [process.communicate() for process in started]
    code = next((process.returncode for process in started if process.returncode), 0)
    return subprocess.CompletedProcess(words, code, *("".join(texts) for texts in zip(*outputs)))
