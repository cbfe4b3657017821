"""Finding methods: the bundled ones from a checkout, and those of a second package that is really installed."""

import pytest
from plugin.installing import install
from tiny import command

from mia_plugins.errors import UserError
from mia_plugins.plugin import Outline, register, registry
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


class Films:
    """A data set that inherits from nothing."""

    name, max_lengths, ood_dataset, code = "Films", {"text": 9, "video": 9, "audio": 9}, "", ()

    def outline(self, request):
        return Outline("Films", ("Ask", "Tell"))

    def files(self, request):
        return []

    def read(self, request):
        raise NotImplementedError

    def read_unlabelled(self, request, max_lengths):
        raise NotImplementedError


@pytest.fixture
def unregistered(monkeypatch):
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(registry, "_registered", {group: {} for group in registry.BUILTIN})


@pytest.mark.usefixtures("unregistered")
def test_a_data_set_is_whatever_has_its_members():
    films = Films()
    assert find(DATASET_GROUP, films) is films
    assert find(DATASET_GROUP, "Films") is films


def test_what_a_data_set_lacks_is_named(tmp_path):
    halfway = type("Halfway", (), {"name": "halfway", "read": Films.read, "ood_dataset": ""})
    missing = "lacks max_lengths, code, outline, files, read_unlabelled"
    with pytest.raises(UserError, match=missing):
        register(halfway())
    with pytest.raises(UserError, match="is a class; give an instance"):
        register(Films)
    with pytest.raises(UserError, match="neither a Method nor a data set$"):
        register(3)
    file = tmp_path / "films.py"
    file.write_text("class Halfway:\n    name = 'halfway'\n    def read(self, request): ...\nDATA = Halfway()\n")
    with pytest.raises(UserError, match=r"films.py: holds no data set; .*its Halfway is none \(it lacks max_"):
        find(DATASET_GROUP, str(file))
