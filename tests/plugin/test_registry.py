"""Finding methods: the bundled ones from a checkout, and those of a second package that is really installed."""

import os
import shutil
import subprocess
import sys

import pytest
from tiny import ROOT, command, run_arguments

from mia_plugins.errors import UserError
from mia_plugins.plugin.registry import DATASET_GROUP, METHOD_GROUP, find, names

SAMPLE = ROOT / "docs" / "sample_plugin"


def install(package, target):
    """pip-installs a folder into a target folder, offline; returns the environment that sees it."""
    source = target.parent / "source"
    shutil.copytree(package, source)  # the build must not write into the checkout
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", target, source],
        check=True,
    )
    return {**os.environ, "PYTHONPATH": str(target)}


def test_bundled_names_need_no_installation():
    assert {"amess", "text"} <= set(names(METHOD_GROUP))
    assert find(METHOD_GROUP, "amess").name == "amess"
    assert find(DATASET_GROUP, "MIntRec").name == "MIntRec"


@pytest.mark.skipif(sys.version_info >= (3, 12) and not shutil.which("pip"), reason="needs pip")
def test_a_second_package_adds_a_method(data, backbone, tmp_path):
    environment = install(SAMPLE, tmp_path / "site")
    arguments = run_arguments(data, backbone, "--train", settings=[])
    arguments[1] = "mean_pool"
    arguments = [part for part in arguments if "sentence_encoder" not in str(part)]
    arguments.remove("--set")
    done = command(*arguments, "--set", "num_train_epochs=1", cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert "in-scope (%)" in done.stdout


def test_two_methods_of_one_name(tmp_path):
    package = tmp_path / "rival"
    package.mkdir()
    (package / "rival.py").write_text("METHOD = None\n")
    (package / "setup.py").write_text(
        "from setuptools import setup\n"
        "setup(name='rival', py_modules=['rival'], entry_points={'mia_plugins.methods': ['amess = rival:METHOD']})\n"
    )
    environment = install(package, tmp_path / "site")
    done = command("--method", "amess", cwd=tmp_path, env=environment)
    assert done.returncode == 2
    assert "two packages register 'amess'" in done.stderr
    assert "rival:METHOD" in done.stderr


def test_unknown_names_are_told():
    with pytest.raises(UserError, match="known: amess, text"):
        find(METHOD_GROUP, "nothing")
