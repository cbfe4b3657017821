"""Which host a folder holds, and ``mia-plugins hosts``."""

import subprocess

import pytest
from hosts.standins import make_standin

from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.detect import commit_state, find_host
from mia_plugins.hosts.facts.table import HOSTS
from mia_plugins.hosts.live.compat import SHIMS
from mia_plugins.hosts.live.diagnose import report

NAMES = [host.name for host in HOSTS]


@pytest.mark.parametrize("name", NAMES)
def test_by_its_files_not_its_name(tmp_path, name):
    folder = make_standin(tmp_path / "some where", name)
    checkout = find_host(folder)
    assert checkout.host.name == name
    assert "own" in checkout.methods()


@pytest.mark.parametrize("name", NAMES)
def test_half_updated_names_what_is_missing(tmp_path, name):
    folder = make_standin(tmp_path / "host", name)
    (folder / "utils" / "metrics.py").unlink()
    maps = next(path for path in folder.rglob("methods/**/__init__.py"))
    maps.write_text(maps.read_text().replace("method_map =", "managers ="))
    with pytest.raises(UserError, match=rf"looks like {name}, but without utils/metrics.py; method_map in methods"):
        find_host(folder)


def test_an_unfinished_merge(tmp_path):
    folder = make_standin(tmp_path / "host", "MMOIR")
    (folder / "run.py").write_text("<<<<<<< HEAD\nimport os\n=======\n")
    with pytest.raises(UserError, match=r"run\.py: is not valid Python .*finish a merge that is under way"):
        find_host(folder)


def test_beside_it(tmp_path):
    folder = make_standin(tmp_path / "host", "MIntRec")
    with pytest.raises(UserError, match=r"is not a benchmark checkout, but .*host is; give that"):
        find_host(folder / "utils")
    with pytest.raises(UserError, match=r"is not a benchmark checkout, but .*host is; give that"):
        find_host(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match="no such folder; give the folder of a checkout of MMOIR"):
        find_host(tmp_path / "moved")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="is no checkout of MMOIR"):
        find_host(tmp_path / "empty")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="no such folder"):
        find_host(tmp_path / "file")


def test_unknown_commit_and_changes(tmp_path):
    folder = make_standin(tmp_path / "host", "MIntRec")
    assert "no git repository here" in commit_state(find_host(folder))
    run = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*run, *arguments], check=True, capture_output=True)
    state = commit_state(find_host(folder))
    assert "not the one tested (8d30e9b0b1)" in state
    assert "no tracked file changed" in state
    with open(folder / "run.py", "a") as file:
        file.write("# mine\n")
    assert "1 tracked file changed" in commit_state(find_host(folder))


@pytest.mark.parametrize("name", NAMES)
def test_the_report(tmp_path, name):
    text = "\n".join(report(find_host(make_standin(tmp_path / "host", name))))
    assert text.startswith(f"{name} at ")
    assert "registered by `mia-plugins run`: amess" in text
    assert (f"{name} has a method text itself, so the plugin is called mia_text" in text) == (name != "MMOIR")
    for shim in SHIMS:
        assert (f"{shim.name} (" in text) == shim.needed()


def test_the_command(plugins, tmp_path):
    folder = make_standin(tmp_path / "host", "MMOIR")
    done = plugins("hosts", folder)
    assert done.returncode == 0, done.stderr
    assert "MMOIR at" in done.stdout
    done = plugins("hosts", tmp_path / "nothing")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
