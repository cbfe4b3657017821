"""Checkouts that somebody prepared: none of their code runs, no file outside them changes, every error is one line."""

import argparse
import base64
import hashlib
import json
import os

import pytest
from hosts.helpers import command
from hosts.standin_trees import contents, make_tree

from mia_plugins import cli
from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.detect import commit_state, find_host
from mia_plugins.hosts.live import sources
from mia_plugins.hosts.live.command import run


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "a host", "mmoir")


def change_notes(tree, **entry):
    """Adds a file to the notes of an installed checkout."""
    path = tree / ".git/mia-plugins.json"
    record = json.loads(path.read_text())
    record["files"].append({"path": "run.py", "before": None, "after": "", **entry})
    path.write_text(json.dumps(record))


@pytest.fixture
def outside(tmp_path):
    """A user's file beside the checkout, and the digest that a prepared notes file would give for it."""
    path = tmp_path / "bashrc"
    path.write_text("mine\n")
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


EVIL = base64.b64encode(b"evil\n").decode()


@pytest.mark.parametrize("before", [EVIL, None], ids=["overwrite", "delete"])
@pytest.mark.parametrize("how", ["absolute", "dots", "folder link", "file link", "git", "backslash"])
def test_uninstall_stays_in_the_checkout(tree, outside, how, before):
    path, digest = outside
    command("install", tree, "--force")
    installed = contents(tree)
    if how == "folder link":
        (tree / "link").symlink_to(path.parent)
    if how == "file link":
        (tree / "link").symlink_to(path)
    (tree / ".git/hooks").mkdir(exist_ok=True)
    named = {
        "absolute": str(path),
        "dots": "methods/../../bashrc",
        "folder link": "link/bashrc",
        "file link": "link",
        "git": ".GIT/hooks/post-checkout",
        "backslash": "..\\bashrc",
    }[how]
    change_notes(tree, path=named, before=before, after=digest)
    with pytest.raises(UserError, match="is not the path of a file in this checkout|is a symbolic link"):
        command("uninstall", tree)
    assert path.read_text() == "mine\n"
    assert not (tree / ".git/hooks/post-checkout").exists()
    assert {name: value for name, value in contents(tree).items() if name != "link"} == installed


def test_uninstall_removes_no_folder_outside(tree, tmp_path):
    (tmp_path / "empty").mkdir()
    command("install", tree, "--force")
    path = tree / ".git/mia-plugins.json"
    record = json.loads(path.read_text())
    for folder in (str(tmp_path / "empty"), "../empty", "methods/../../empty"):
        path.write_text(json.dumps({**record, "folders": [folder]}))
        with pytest.raises(UserError, match="is not the path of a file in this checkout"):
            command("uninstall", tree)
    assert (tmp_path / "empty").is_dir()


def test_a_linked_cache_stays(tree, tmp_path):
    command("install", tree, "--force")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/manager.cpython-311.pyc").write_bytes(b"mine")
    (tree / "methods/single_turn/AMESS/__pycache__").symlink_to(tmp_path / "cache")
    command("uninstall", tree)
    assert (tmp_path / "cache/manager.cpython-311.pyc").read_bytes() == b"mine"


def test_install_follows_no_link(tree, outside):
    path, _ = outside
    maps = tree / "methods/single_turn/__init__.py"
    path.write_text(maps.read_text())
    maps.unlink()
    maps.symlink_to(path)
    before = path.read_text()
    with pytest.raises(UserError, match="is a symbolic link"):
        command("install", tree, "--force")
    assert path.read_text() == before


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "null",
        "[]",
        '{"files": 3, "folders": []}',
        '{"files": [{"path": "run.py", "before": "%%%", "after": "x"}], "folders": []}',
        '{"files": [{"path": 3, "before": null, "after": "x"}], "folders": []}',
        '{"files": [], "folders": [3]}',
        '{"files": []}',
        '{"files": [], "folders": [], "methods": [1]}',
    ],
    ids=range(9),
)
def test_notes_that_are_none(tree, text):
    (tree / ".git/mia-plugins.json").write_text(text)
    with pytest.raises(UserError) as caught:
        command("install", tree, "--force")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


# ---- files that are bombs


BOMBS = {
    "brackets": "x = " + "(" * 100_000,
    "closed brackets": "x = " + "[" * 90 + "]" * 90 + "\ny = " + "(" * 5_000 + ")" * 5_000,
    "signs": "x = " + "-" * 200_000 + "1",
    "attributes": "x = a" + ".b" * 200_000,
    "sums": "x = 1" + " + 1" * 200_000,
    "indentation": "".join(" " * i + "if x:\n" for i in range(2_000)),
    "size": "#" * (4 << 20),
    "NUL": "x = 1\0",
    "encoding": b"\xff\xfe",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_python_that_cannot_be_read(tree, capsys, bomb):
    text = BOMBS[bomb]
    (tree / "run.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    for arguments in (["hosts", tree], ["install", tree], ["run", tree, "--", "--train"]):
        assert cli.main(list(map(str, arguments))) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "run.py: " in line
        assert len(line) < 600


def test_a_pipe_in_place_of_a_file(tree, capsys):
    (tree / ".git/HEAD").unlink()
    os.mkfifo(tree / ".git/HEAD")
    assert cli.main(["install", str(tree)]) == 2
    assert "is not a git repository" in capsys.readouterr().err
    (tree / "run.py").unlink()
    os.mkfifo(tree / "run.py")
    assert cli.main(["hosts", str(tree)]) == 2
    assert "looks like MMOIR, but without run.py" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[" * 200_000, "[1, 2", "\xff", '{"pretrained": 3}'], ids=range(4))
def test_a_config_file_that_is_none(tree, monkeypatch, tmp_path, text):
    path = tmp_path / "hosts.json"
    path.write_text(text, encoding="latin-1")
    monkeypatch.setenv("MIA_PLUGINS_CONFIG", str(path))
    with pytest.raises(UserError, match="hosts.json: .*write it as") as caught:
        sources.user_config()
    assert len(str(caught.value)) < 600
    with pytest.raises(UserError, match="hosts.json: .*write it as"):
        run(argparse.Namespace(folder=str(tree), rest=[], pretrained=[], video_file=[], audio_file=[]))


def test_a_models_config_that_is_none(tmp_path):
    (tmp_path / "config.json").write_text("[" * 200_000)
    with pytest.raises(UserError, match="config.json: cannot be read .nested too deeply.; give a folder"):
        sources.read_config(str(tmp_path))
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(UserError, match="config.json: holds no settings of a model; give a folder"):
        sources.read_config(str(tmp_path))


def test_huge_files_are_not_read_to_compare_them(tree):
    with open(tree / "README.md", "wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no space
    assert "1 tracked file changed" in commit_state(find_host(tree))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (["--seeds", "-1"], [], "--seeds -1: give numbers from 0"),
        (["--seeds", "4294967296"], [], "--seeds 4294967296: give numbers from 0"),
        (["--seeds", "1", "1"], [], "--seeds 1 1: give each seed once"),
        ([], ["--seed", "²"], "--seed ²: give a whole number"),
        (["--feat_dim", "video=²"], [], "--feat_dim video=²: write it as"),
        (["--pretrained", "bert=~nobody-of-this-name/bert"], [], "no such folder"),
    ],
)
def test_options_without_sense(tree, capsys, before, after, words):
    assert cli.main(["run", str(tree), *before, "--", *after]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert cli.main(["hosts", "~nobody-of-this-name/host"]) == 2
