"""``mia-plugins list``: complete, readable by people and programs, and without torch."""

import dataclasses
import json
import subprocess
import sys
from typing import Annotated, Optional

import pytest
from tiny import ROOT

from mia_plugins import cli, register
from mia_plugins.data_adapters.mintrec import ADAPTER
from mia_plugins.evaluation.metrics import METRICS
from mia_plugins.methods.amess.settings import Settings
from mia_plugins.plugin import Method, Range, registry
from mia_plugins.training.settings import TrainSettings


@dataclasses.dataclass(frozen=True)
class MineSettings:
    """Of a method in this process.

    Args:
        depth: how deep.
        gate: how wide; none: closed.
    """

    depth: tuple[int, ...] = (1, 2)
    gate: Optional[Annotated[float, Range(0, above=True)]] = None


@pytest.fixture
def mine(monkeypatch):
    """A method that this process alone knows."""
    monkeypatch.setattr(registry, "_registered", {group: {} for group in registry.BUILTIN})
    register(Method(name="mine", build=None, settings=MineSettings, title="My method"))


def listed(capsys, *arguments):
    assert cli.main(["list", *arguments]) == 0
    return capsys.readouterr().out


def rows(capsys, *arguments):
    return json.loads(listed(capsys, *arguments, "--json"))


def test_methods(capsys, mine):
    found = {row["method"]: row for row in rows(capsys, "methods")["Methods"]}
    assert found["amess"]["title"] == "A-MESS"
    assert found["amess"]["from"].startswith("built in, mia-plugins ")
    assert found["mine"] == {
        "method": "mine", "title": "My method", "configs": [], "hooks": [], "from": "registered in this process"
    }  # fmt: skip


def test_datasets(capsys):
    (found,) = (row for row in rows(capsys, "datasets")["Data sets"] if row["data set"] == "MIntRec")
    assert found["intents"] == len(ADAPTER.labels)
    assert found["video features"] == list(ADAPTER.video_files)


def test_every_hyper_parameter_has_default_values_and_meaning(capsys):
    tables = rows(capsys, "settings", "amess")
    for title, kind in (("Settings of training", TrainSettings), ("Settings of amess", Settings)):
        found = {row["setting"]: row for row in tables[title]}
        assert set(found) == {field.name for field in dataclasses.fields(kind)}
        for field in dataclasses.fields(kind):
            assert found[field.name]["default"] == field.default
            assert found[field.name]["values"]
            assert found[field.name]["meaning"]
    configs = {row["setting"]: row for row in tables["Configs of amess"]}
    assert configs["new_lr_factor"]["amess_MIntRec"] == 20.0


def test_settings_of_every_kind_are_worded(capsys, mine):
    text = listed(capsys, "settings", "mine")
    assert "depth    1, 2     a tuple of a whole number         how deep." in text
    assert "gate     none     a finite number above 0, or none  how wide; none: closed." in text


def test_metrics(capsys):
    assert [row["metric"] for row in rows(capsys, "metrics")["Metrics"]] == list(METRICS)


def test_a_package_that_cannot_be_imported_is_a_row(capsys, monkeypatch):
    monkeypatch.setitem(registry.BUILTIN[registry.METHOD_GROUP], "broken", "no_such_module:METHOD")
    (found,) = (row for row in rows(capsys, "methods")["Methods"] if row["method"] == "broken")
    assert "no_such_module" in found["hooks"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["settings", "ames"], "did you mean amess?"),
        (["methods", "amess"], "list settings"),
        (["nothing"], "methods"),
    ],
)
def test_errors(arguments, words, capsys):
    assert cli.main(["list", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_the_page_of_reference_is_up_to_date(capsys):
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert listed(capsys, "all", "--markdown") == page, "mia-plugins list all --markdown > docs/reference.md"


def test_no_torch():
    code = (
        "import sys; from mia_plugins.cli import main; code = main(['list', 'all']); "
        "sys.exit(code or ' '.join({'torch', 'transformers', 'pandas'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out.startswith("mia-plugins 0.")
