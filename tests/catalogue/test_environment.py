"""What a report of an error is made of: enough to know the installation, nothing of the user."""

import getpass
import os
import platform
import socket
import sys
from importlib.metadata import version

from tiny import ROOT

from mia_plugins import cli
from mia_plugins.catalogue import environment


def shown(capsys):
    assert cli.main(["env"]) == 0
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


def test_versions_devices_and_plugins(capsys):
    report = shown(capsys)
    assert platform.python_version() in report["Python"]
    assert f"torch {version('torch')}" in report["packages"].split(", ")
    assert "CPU cores" in report["devices"]
    assert "amess" in report["methods"].split(", ")
    assert report["data sets"].startswith("MIntRec")


def test_nothing_of_the_user(capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789")
    monkeypatch.setenv("MIA_PLUGINS_CACHE", "/home/ada/cache")
    text = repr(shown(capsys))
    assert "MIA_PLUGINS_CACHE" in text
    for private in ("sk-secret", "/home", str(ROOT), sys.prefix, os.path.expanduser("~") + "/"):
        assert private not in text
    for name in (getpass.getuser(), socket.gethostname()):
        assert name not in text.replace(",", " ").split()


def test_a_broken_torch_is_told_without_its_path(monkeypatch, capsys):
    import torch

    def fails():
        raise OSError("/home/ada/lib/libcudart.so: cannot open")

    monkeypatch.setattr(torch.cuda, "is_available", fails)
    assert shown(capsys)["devices"] == "torch cannot be used: (path) cannot open"


def test_a_missing_package_and_anothers_plugin_are_named(monkeypatch, capsys):
    monkeypatch.setattr(environment, "packages", lambda: ["torch", "no-such-package"])
    monkeypatch.setattr(environment, "origins", lambda group: {"text": "built in, x", "mine": "my-package 1.2"})
    report = shown(capsys)
    assert "no-such-package missing" in report["packages"]
    assert report["methods"] == "text, mine (my-package 1.2)"
