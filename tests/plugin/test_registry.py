"""Finding methods: the bundled ones from a checkout, and those of a second package that is really installed."""

import pytest
from plugin.installing import install
from tiny import command

from mia_plugins.errors import UserError
from mia_plugins.plugin.registry import DATASET_GROUP, METHOD_GROUP, find, names


def test_bundled_names_need_no_installation():
    assert {"amess", "text"} <= set(names(METHOD_GROUP))
    assert find(METHOD_GROUP, "amess").name == "amess"
    assert find(DATASET_GROUP, "MIntRec").name == "MIntRec"


def test_two_methods_of_one_name(tmp_path):
    package = tmp_path / "rival"
    package.mkdir()
    (package / "rival.py").write_text("METHOD = None\n")
    (package / "setup.py").write_text(
        "from setuptools import setup\n"
        "setup(name='rival', py_modules=['rival'], entry_points={'mia_plugins.methods': ['amess = rival:METHOD']})\n"
    )
    environment = install(tmp_path / "site", package)
    done = command("--method", "amess", cwd=tmp_path, env=environment)
    assert done.returncode == 2
    assert "two packages register 'amess'" in done.stderr
    assert "rival:METHOD" in done.stderr


def test_unknown_names_are_told():
    with pytest.raises(UserError, match="known: amess, "):
        find(METHOD_GROUP, "nothing")
