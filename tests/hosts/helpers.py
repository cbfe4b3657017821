"""Running a host's script in a process of its own, with this package out of reach or within it."""

import json
import os
import re
import sys
from pathlib import Path

import warm

ROOT = Path(__file__).resolve().parents[2]
SHORT = {"num_train_epochs": 1, "num_anchors": 3, "lr": 1e-3, "train_batch_size": 8}


DRIVER = """
import json, os, runpy, sys
import torch, transformers  # once for all of them: importing takes longer than the runs
failed = 0
for folder, script, arguments in json.loads(sys.argv[1]):
    child = os.fork()
    if not child:
        os.chdir(folder)
        sys.path.insert(0, folder)
        sys.argv = [script, *arguments]
        runpy.run_path(script, run_name="__main__")
        sys.stdout.flush()
        os._exit(0)
    failed += os.waitpid(child, 0)[1] != 0
sys.exit(bool(failed))
"""


def run_hosts(hosts, without_package=None):
    """Runs hosts' scripts, each in a process of its own; fails the test where one fails.

    Args:
        hosts: for each its folder, where it runs, its script and its options.
        without_package: a folder to block this package from, even where it is installed; None: it can be imported.
    """
    path = ROOT
    if without_package is not None:
        path = Path(without_package)
        path.mkdir(parents=True, exist_ok=True)
        (path / "mia_plugins.py").write_text("raise ImportError('out of reach')\n")
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1", "CUDA_VISIBLE_DEVICES": ""}
    plain = [(str(folder), script, [str(part) for part in options]) for folder, script, options in hosts]
    done = warm.run([sys.executable, "-c", DRIVER, json.dumps(plain)], env=environment, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[max(0, said.find("Traceback")) :][:4000]


def shorten(config, **values):
    """Changes values in a config file of the patch, as a user would."""
    text = config.read_text()
    for key, value in {**SHORT, **values}.items():
        text, count = re.subn(rf"'{key}': .*,", f"'{key}': {value!r},", text)
        assert count == 1 or "amess" not in config.name, key
    config.write_text(text)


def command(*arguments):
    """Runs ``mia-plugins`` in this process; returns its exit code."""
    import argparse

    from mia_plugins.hosts.install import command as install
    from mia_plugins.hosts.upstream import command as patch

    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    install.add_parser(subparsers)
    patch.add_parser(subparsers)
    options = parser.parse_args([str(argument) for argument in arguments])
    return options.action(options)


def settings_in(config):
    """The values of a config file of the patch, as ``mia_plugins.run`` takes them."""
    space = {}
    exec(config.read_text(), space)
    param = space["Param"](None)
    values = {**getattr(param, "common_param", {}), **param.hyper_param}
    plain = {key: value[0] if isinstance(value, list) else value for key, value in values.items()}
    return {key: value for key, value in plain.items() if not key.startswith("padding_")}


ABOUT = ["--author", "A. Tester <tester@example.org>", "--repository", "https://example.org/here", "--without_figures"]


def patch(kind, output, host, *arguments):
    """Runs ``mia-plugins patch`` with what it needs for a test."""
    return command("patch", kind, "-o", output, "--host", host, *ABOUT, *arguments)
