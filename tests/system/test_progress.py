"""Where a progress bar shows."""

import io
import sys
from types import SimpleNamespace

import pytest

from mia_plugins.system import processes
from mia_plugins.system.progress import in_notebook, progress_bar


class Screen(io.StringIO):
    def isatty(self):
        return True


class ZMQInteractiveShell:
    """The name by which a notebook's kernel is known."""


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=ZMQInteractiveShell))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)  # without its widgets


def drawn(file):
    assert list(progress_bar([1, 2, 3], desc="epoch 1/2", file=file, mininterval=0)) == [1, 2, 3]
    return file.getvalue()


def test_a_terminal_shows_a_line_that_is_drawn_anew():
    text = drawn(Screen())
    assert "epoch 1/2: 100%" in text
    assert text.count("\r") >= 3


def test_a_file_has_none():
    assert not in_notebook()
    assert drawn(io.StringIO()) == ""


def test_a_notebook_has_one_though_its_output_is_no_terminal(notebook):
    assert in_notebook()
    assert "epoch 1/2: 100%" in drawn(io.StringIO())


@pytest.mark.parametrize("file", [Screen, io.StringIO])
def test_only_the_first_process_shows_one(notebook, monkeypatch, file):
    monkeypatch.setattr(processes, "world", lambda: processes.World(1, 2))
    assert drawn(file()) == ""


def test_an_interactive_python_is_no_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not in_notebook()
