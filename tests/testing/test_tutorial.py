"""The tutorial of ``docs/plugins.md``: its files, its notebook and its commands, run in order.

A Python block whose first line names a file becomes that file; the others are the cells of one notebook. Commands of this
package run in this process, which saves their start. What the page shows of their output is compared but for its numbers.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import types

import warm
from tiny import ROOT

from mia_plugins import cli
from mia_plugins.__main__ import main
from mia_plugins.evaluation.metrics import METRICS
from mia_plugins.plugin import registry

BLOCK = re.compile(r"^```(python|bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?")


def blocks(page):
    """Kind and text of every block that runs or was printed."""
    return BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))


def loosely(text):
    """A text without its numbers, rules and spaces."""
    return " ".join(re.sub(r"-{2,}", "", NUMBER.sub("#", text)).split())


class Reader:
    """Someone who types what the page says, in a folder of their own."""

    def __init__(self, folder, monkeypatch, capfd):
        self.folder, self.monkeypatch, self.capfd = folder, monkeypatch, capfd
        self.notebook = types.ModuleType("tutorial_notebook")
        monkeypatch.setitem(sys.modules, self.notebook.__name__, self.notebook)

    def do(self, kind, text):
        """Follows a block; returns what it printed."""
        if kind == "bash":
            for line in text.splitlines():
                self.command(shlex.split(line))
        elif text.startswith("# ") and text.splitlines()[0].endswith(".py"):
            (self.folder / text.splitlines()[0][2:]).write_text(text, encoding="utf-8")
        else:
            exec(compile(text, "cell", "exec"), vars(self.notebook))
        printed = self.capfd.readouterr()
        return printed.out + printed.err

    def command(self, words):
        """Runs a command line as a process of its own would: it knows no plugin that the notebook registered."""
        with self.monkeypatch.context() as patch:
            patch.setattr(registry, "_registered", {group: {} for group in registry.BUILTIN})
            if words[:2] == ["python", "run.py"]:
                assert main(words[2:]) == 0
            elif words[:2] == ["mia-plugins", "list"]:  # in a process of its own, which sees what was just installed
                environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (self.folder / "site", ROOT)))}
                subprocess.run([sys.executable, "-m", "mia_plugins.cli", *words[1:]], check=True, env=environment)
            elif words[0] == "mia-plugins":
                assert cli.main(words[1:]) == 0
            elif words[:3] == ["pip", "install", "-e"]:
                install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
                subprocess.run([*install, "--target", "site", words[3]], check=True)
                self.monkeypatch.syspath_prepend(str(self.folder / "site"))
            else:
                assert words[:3] == ["python", "-m", "pytest"]
                alone = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
                warm.run([*alone, "--rootdir", ".", *words[3:]], check=True)


def test_the_tutorial(data, backbone, tmp_path, monkeypatch, capfd, request):
    (tmp_path / "data").symlink_to(data)
    shutil.copytree(backbone, tmp_path / "bert")
    monkeypatch.chdir(tmp_path)
    known = dict(METRICS)
    request.addfinalizer(lambda: (METRICS.clear(), METRICS.update(known)))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_registered", {group: {} for group in registry.BUILTIN})
    reader, printed, count = Reader(tmp_path, monkeypatch, capfd), "", 0
    for kind, text in blocks("plugins.md"):
        if kind != "text":
            printed = reader.do(kind, text)
            continue
        for line in text.splitlines():
            assert loosely(line) in loosely(printed), f"the page says\n{line}\nwhere this was printed:\n{printed}"
            count += 1
    assert count > 15
    sys.modules.pop("my_method", None)


def test_every_link_of_the_page_leads_somewhere():
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", page):
        assert target[1:] in anchors if target.startswith("#") else (ROOT / "docs" / target).is_file(), target
