"""The files beside the code: they parse, and agree with each other."""

import json
import re
from importlib.metadata import version

import pytest
from tiny import ROOT

import mia_plugins

yaml = pytest.importorskip("yaml")
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_citation_names_this_version_and_the_paper():
    citation = read(ROOT / "CITATION.cff")
    assert citation["version"] == mia_plugins.__version__
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"]
    assert citation["references"][0]["url"] in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_issue_forms(path):
    form = read(path)
    if path.name == "config.yml":
        return
    assert {"name", "description", "body"} <= set(form)
    ids = [part["id"] for part in form["body"]]
    assert len(set(ids)) == len(ids)
    assert all(part["type"] in ("textarea", "input") and part["attributes"]["label"] for part in form["body"])
    needed = {part["id"] for part in form["body"] if part.get("validations", {}).get("required")}
    if path.name != "wish.yml":
        assert "env" in needed
        assert "mia-plugins env" in json.dumps(form)


def test_pre_commit_formats_as_the_tests_do():
    hooks = read(ROOT / ".pre-commit-config.yaml")["repos"]
    pinned = re.search(r"^ruff==(.+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)[1]
    assert [repo["rev"] for repo in hooks if repo["repo"].endswith("ruff-pre-commit")] == [f"v{pinned}"]
    assert version("ruff") == pinned
