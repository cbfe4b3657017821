"""Config files of one's own: whatever is in them, the user learns the file, and the line where there is one."""

import re

import pytest
from reliability.attack import attempt, expect, refused

from mia_plugins.runs.options import make_options
from mia_plugins.runs.session import check_options

PARAM = "class Param:\n    def __init__(self, args):\n        "
DEFAULTS = "class Param:\n    def __init__(self, args): self.hyper_param = {}\n    defaults = "
HOLDS = PARAM + "self.hyper_param = "
LINES = {  # what fails in a line of the file, and that line
    "raise": ("x = 1\n\nraise RuntimeError('first\\nsecond\\nlast line')", 3, "RuntimeError: first second last line"),
    "raise without a word": ("raise ValueError", 1, "ValueError"),
    "exit": ("import sys\nsys.exit(0)", 2, "it ends the program"),
    "exit with words": ("import sys\nsys.exit('bye')", 2, "it ends the program: bye"),
    "quit": ("raise SystemExit", 1, "it ends the program"),
    "syntax": ("x = 1\nclass Param\n    pass", 2, "SyntaxError"),
    "tabs": ("if 1:\n\tx = 1\n        y = 2", 3, "Error"),
    "no module": ("import no_such_module", 1, "ModuleNotFoundError: No module named 'no_such_module'"),
    "name": ("class Param:\n    hyper_param = lr", 2, "NameError"),
    "recursion": ("def f():\n    return f()\nf()", 2, "RecursionError"),
    "division": ("x = 1 / 0", 1, "ZeroDivisionError"),
    "assertion": ("assert False, 'no'", 1, "AssertionError: no"),
    "warning as error": ("raise UserWarning('w')", 1, "UserWarning: w"),
    "long message": ("raise ValueError('x' * 100_000)", 1, "ValueError: xxx"),
    "in __init__": (PARAM + "self.hyper_param = {'lr': args.nothing}", 3, "AttributeError"),
    "in a helper": ("def f():\n    return {}['lr']\n" + HOLDS + "f()", 2, "KeyError: 'lr'"),
    "exit in __init__": (PARAM + "raise SystemExit(0)", 3, "it ends the program"),
    "another library": ("import json\n\njson.loads('{')", 3, "JSONDecodeError"),
    "property": ("class Param:\n    def __init__(self, args): pass\n    @property\n    def hyper_param(self): 1/0", 4, ""),
}  # fmt: skip
FILES = {  # what is wrong with the whole
    "empty": ("", "has no class Param"),
    "no class": ("Param = 3", "has no class Param"),
    "a function": ("def Param(args): return args", "has no class Param"),
    "another name": ("class param: pass", "has no class Param"),
    "no arguments": ("class Param:\n    hyper_param = {}", "Param"),
    "two arguments": ("class Param:\n    def __init__(self, args, more): pass", "TypeError"),
    "lacks hyper_param": (PARAM + "self.hyper_params = {}", "hyper_param should be a dictionary"),
    "None": (HOLDS + "None", "hyper_param should be a dictionary"),
    "a list": (HOLDS + "[('lr', 1)]", "hyper_param should be a dictionary"),
    "a class": (HOLDS + "dict", "hyper_param should be a dictionary"),
    "int keys": (HOLDS + "{1: 2}", "hyper_param should be a dictionary"),
    "None as a key": (HOLDS + "{None: 2}", "hyper_param should be a dictionary"),
    "mixed keys": (HOLDS + "{'lr': 1e-4, 2: 2}", "hyper_param should be a dictionary"),
    "unknown key": (
        HOLDS + "{'num_epochs': 2}",
        "unknown hyper-parameter 'num_epochs'; did you mean num_train_epochs?",
    ),
    "key of bytes": (HOLDS + "{b'lr': 2}", "hyper_param should be a dictionary"),
    "a nested value": (HOLDS + "{'lr': {'x': 1}}", "lr="),
    "a function as a value": (HOLDS + "{'lr': len}", "lr="),
    "an empty list": (HOLDS + "{'lr': []}", "lr=[] is an empty list"),
    "3 million values": (HOLDS + "{'num_anchors': list(range(1, 3_000_000))}", "combinations"),
    "defaults of None": (
        DEFAULTS + "None",
        "defaults",
    ),
    "defaults as a list": (
        DEFAULTS + "[1]",
        "defaults",
    ),
    "unknown default": (
        DEFAULTS + "{'lr': 1}",
        "'lr'",
    ),
    "int default": (
        DEFAULTS + "{1: 1}",
        "option 1",
    ),
    "wrong default": (
        DEFAULTS + "{'num_workers': -3}",
        "num_workers: -3 is not a whole number",
    ),
    "default of another type": (
        DEFAULTS + "{'video_feats': 3}",
        "video_feats=3 should be a text",
    ),
}
BYTES = [
    b"\xff\xfe\x00",
    b"\0",
    b"x = '\xe9'",
    b"(" * 100_000,
    b"-" * 3000 + b"1",
    b"\x7fELF" * 100,
    b"[" * 500 + b"]" * 500,
]


@pytest.fixture
def use(data, backbone, tmp_path):
    """Checks a command with a config file of these contents; returns the file too."""
    path = tmp_path / "settings.py"
    usual = {"data_path": str(data), "text_backbone": str(backbone), "config_file_name": str(path)}

    def use(content, **options):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path, lambda: check_options(make_options({**usual, **options}))

    return use


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("method", ["text", "amess"])
def test_the_line_that_fails_is_named(use, name, method):
    source, line, told = LINES[name]
    path, action = use(source, method=method)
    refused("config files that fail in a line", action, f"{path}, line {line}: ", told)


@pytest.mark.parametrize("name", FILES)
def test_what_is_wrong_is_said(use, name):
    source, told = FILES[name]
    path, action = use(source)
    message = refused("config files that are none", action, told)
    settings = r"unknown hyper-parameter|^lr=|the lists of|combinations"
    expect("config files that are none", str(path) in message or re.search(settings, message), f"no file in {message}")


@pytest.mark.parametrize("content", BYTES)
def test_bytes_that_are_no_python(use, content):
    path, action = use(content)
    refused("config files that are none", action, str(path))


@pytest.mark.parametrize("kind", ["folder", "fifo", "loop", "device", "missing", "text"])
def test_what_is_no_file(use, tmp_path, kind):
    import os

    path = tmp_path / "odd.py"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "text":
        path = tmp_path / "odd.txt"
        path.write_text("class Param: pass")
    name = "/dev/zero" if kind == "device" else str(path)
    _, action = use("", config_file_name=name)
    refused("config files that are none", action)
    for option in ("method", "dataset"):
        _, action = use(HOLDS + "{}", **{option: "/dev/zero.py" if kind == "device" else str(path)})
        refused("plugin files that are none", action)


def test_one_that_prints_is_no_error(use):
    _, action = use("print('hello')\n" + HOLDS + "{'lr': 3e-4}")
    ending = attempt("config files that are right", action)
    expect("config files that are right", "hello" in ending.printed, "what it prints is lost")
    expect("config files that are right", ending.value.combinations[0].settings.lr == 3e-4, "lr is lost")


def test_it_is_executed_once_a_run(use, tmp_path):
    """What it prints or writes is there once; the next run of the same process executes it anew."""
    kind, count = "config files that are right", tmp_path / "count"
    source = f"open({str(count)!r}, 'a').write('x')\nprint('hello')\n" + HOLDS + "{'lr': len(%r) and 3e-4}"
    for number in (1, 2):
        ending = attempt(kind, use(source % "a")[1])
        expect(kind, count.read_text() == "x" * number, f"{count.read_text()} after {number} runs")
        expect(kind, ending.printed.count("hello") == 1, "what it prints is shown twice")
    other = attempt(kind, use(source.replace("3e-4", "5e-4") % "a")[1])
    expect(kind, other.value.combinations[0].settings.lr == 5e-4, "a changed file is not read")


def test_defaults_fill_in_what_is_left_out(use):
    source = DEFAULTS + "{'video_feats': 'x.pkl'}"
    _, action = use(source)
    options = attempt("config files that are right", action).value.options
    expect("config files that are right", options.video_feats == "x.pkl", "a default is lost")
