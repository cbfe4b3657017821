"""Forked processes are what started ones are, as far as a test can see."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import warm

PROBE = """
import json, os, sys
print(json.dumps({"argv": sys.argv, "cwd": os.getcwd(), "seen": os.environ.get("SEEN"), "path": os.environ["PATH"],
    "stdin": sys.stdin.read(), "name": __name__, "file": globals().get("__file__"), "first": sys.path[0],
    "main": sys.modules["__main__"].__dict__ is globals(), "ours": sorted(m for m in sys.modules if "mia_plugins" in m
        and "editable" not in m)}))
print("an error", file=sys.stderr)
"""


@pytest.fixture(params=["warm", "cold"])
def starts(request, monkeypatch):
    """What the tests below say holds of both kinds of start."""
    monkeypatch.setenv("MIA_TESTS_COLD", "1" if request.param == "cold" else "")
    return warm


def python(starts, *words, **options):
    return starts.run([sys.executable, *map(str, words)], capture_output=True, text=True, **options)


@pytest.mark.parametrize("how", ["-c", "-m", "file"])
def test_folder_arguments_environment_and_files(starts, how, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "probe.py").write_text(PROBE)
    words = {"-c": ["-c", PROBE], "-m": ["-m", "probe"], "file": [tmp_path / "probe.py"]}[how]
    folder = tmp_path if how == "-m" else tmp_path / "elsewhere"
    environment = {**os.environ, "SEEN": "yes"}
    done = python(starts, *words, "a word", cwd=folder, env=environment, input="typed")
    found = json.loads(done.stdout)
    assert found == {
        "argv": [{"-c": "-c", "-m": str(tmp_path / "probe.py"), "file": str(tmp_path / "probe.py")}[how], "a word"],
        "cwd": str(folder),
        "seen": "yes",
        "path": os.environ["PATH"],
        "stdin": "typed",
        "name": "__main__",
        "file": None if how == "-c" else str(tmp_path / "probe.py"),
        "first": "" if how == "-c" else str(tmp_path),
        "main": True,
        "ours": [],
    }
    assert (done.stderr, done.returncode) == ("an error\n", 0)


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("pass", 0),
        ("import sys; sys.exit(3)", 3),
        ("import os; os._exit(200)", 200),
        ("raise SystemExit('words')", 1),
        ("raise ValueError('words')", 1),
        ("raise KeyboardInterrupt", -signal.SIGINT),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
    ],
)
def test_exit_codes(starts, code, ends):
    done = python(starts, "-c", code)
    assert done.returncode == ends
    assert ("words" in done.stderr) == ("words" in code)


WAITS = (
    "import time, sys\nprint('here', flush=True)\ntry:\n  time.sleep(60)\nexcept KeyboardInterrupt:\n  sys.exit(130)"
)


@pytest.mark.parametrize(("number", "ends"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_signals_reach_the_child_and_nobody_else(number, ends):
    processes = [warm.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.stdout.readline() for process in processes] == ["here\n"] * 2
    assert processes[0].poll() is None
    processes[0].send_signal(number)
    assert processes[0].wait(timeout=30) == ends
    assert processes[1].poll() is None
    processes[1].kill()
    processes[1].communicate()
    assert processes[1].returncode == -9


def test_nothing_stays_for_the_next_one():
    change = "import os, sys, torch, numpy\nos.environ['LEFT'] = '1'\nos.chdir('/tmp')\nsys.path.insert(0, '/left')\n"
    change += "torch.manual_seed(1)\nnumpy.left = torch.left = 1\nimport mia_plugins"
    look = "import os, sys, torch, numpy\nprint('LEFT' in os.environ, '/left' in sys.path, hasattr(numpy, 'left'),"
    look += " hasattr(torch, 'left'), 'mia_plugins' in sys.modules, torch.initial_seed(), numpy.random.random())"
    shown = []
    for _ in range(2):
        assert python(warm, "-c", change).returncode == 0
        shown.append(python(warm, "-c", look).stdout.split())
    assert shown[0][:5] == ["False"] * 5
    assert shown[0][:6] == shown[1][:6]
    assert shown[0][6] != shown[1][6]  # numpy's numbers are a new process' own


def test_a_folder_on_the_path_hides_this_package(starts, tmp_path):
    (tmp_path / "mia_plugins.py").write_text("raise ImportError('out of reach')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = python(starts, "-c", "import mia_plugins", env=environment, cwd="/")
    assert done.stderr.endswith("ImportError: out of reach\n")
    assert done.returncode == 1


def test_the_heavy_libraries_are_there_unless_the_environment_must_be_read_anew():
    code = "import sys; print('torch' in sys.modules)"
    assert python(warm, "-c", code).stdout == "True\n"
    assert python(warm, "-c", code, env={**os.environ, "HF_HOME": "/elsewhere"}).stdout == "False\n"


@pytest.mark.parametrize(("unbuffered", "shown"), [("1", "first"), ("", "")])
def test_output_waits_in_a_buffer_or_not(starts, unbuffered, shown):
    code = "import os\nprint('first')\nos._exit(0)"  # which writes out no buffer
    assert python(starts, "-c", code, env={**os.environ, "PYTHONUNBUFFERED": unbuffered}).stdout.strip() == shown


def test_output_comes_while_the_child_runs_and_a_timeout_ends_the_waiting():
    process = warm.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True)
    began = time.monotonic()
    assert process.stdout.readline() == "here\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.1)
    assert time.monotonic() - began < 50
    process.kill()
    process.communicate()


def test_two_at_once_end_in_any_order():
    slow = warm.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True)
    assert python(warm, "-c", "print(1)").stdout == "1\n"
    assert slow.communicate("go\n", timeout=30) == (None, None)
    assert slow.returncode == 0
