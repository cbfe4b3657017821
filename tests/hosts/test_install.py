"""Into a user's checkout and out of it again: to the byte, twice, and in every state a checkout may be in."""

import json
import os
import shutil

import pytest
from hosts.helpers import command, run_hosts
from hosts.standin_trees import CONFIGS, DATASETS, SCRIPTS, commit, contents, git, make_tree

from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.table import BY_SHORT_NAME
from mia_plugins.hosts.install import journal

KINDS = sorted(BY_SHORT_NAME)


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "a host", "mmoir")


def install(folder, *options):
    """The stand-ins' commits are nobody's: only --force installs there."""
    return command("install", folder, "--force", *options)


def status(folder):
    return git(folder, "status", "--porcelain", "--ignored")


@pytest.mark.parametrize("options", [(), ("--method", "amess", "text")])
@pytest.mark.parametrize("kind", KINDS)
def test_install_and_uninstall_leave_every_byte(kind, options, tmp_path):
    folder = make_tree(tmp_path / "a host", kind)
    before = contents(folder)
    assert install(folder, *options) == 0
    after = contents(folder)
    assert before.keys() < after.keys()
    changed = {path for path in before if after[path] != before[path]}
    assert BY_SHORT_NAME[kind].methods_map[0] in changed
    for path in changed:
        old, new = (found[path][0].decode().splitlines() for found in (before, after))
        assert [line for line in new if "# mia-plugins" not in line] == old
        assert after[path][1] == before[path][1]
        compile(after[path][0], path, "exec")
    new = {path for path in after if path not in before}
    assert all(len(after[path][0]) < 600 for path in new)
    assert any("TEXT/" in path for path in new) == bool(options)
    assert command("uninstall", folder) == 0
    assert contents(folder) == before
    assert status(folder) == ""
    assert not [path for path in folder.rglob("*") if path.name in ("AMESS", "TEXT")]


def test_installing_twice_changes_nothing(tree, capsys):
    install(tree)
    first = contents(tree)
    assert install(tree) == 0
    assert "is installed already" in capsys.readouterr().out
    assert contents(tree) == first
    with pytest.raises(UserError, match="has other methods installed than amess, text; uninstall, then install"):
        install(tree, "--method", "amess", "text")
    assert contents(tree) == first


def test_a_method_of_the_hosts_keeps_its_name(tree, capsys):
    path = tree / "methods/single_turn/__init__.py"
    path.write_text(path.read_text().replace("method_map = {", "method_map = {\n    'text': MAG_BERT,"))
    commit(tree)
    install(tree, "--method", "text", "amess")
    said = capsys.readouterr().out
    assert "MMOIR has a method text itself, so the plugin is called mia_text" in said
    assert "now has --method mia_text and amess" in said
    lines = [line for line in path.read_text().splitlines() if "# mia-plugins" in line]
    assert 'method_map["mia_text"] = MIA_TEXT  # mia-plugins' in lines
    assert (tree / "configs/single_turn/mia_text/mia_text_MIntRec2.py").read_text().endswith('host_param("mia_text")\n')


@pytest.mark.parametrize("kind", ["mmoir", "mintrec2"])
def test_a_plugin_beside_the_hosts_method_of_its_name(kind, tmp_path, capsys):
    folder = make_tree(tmp_path / "a host", kind)
    before = contents(folder)
    install(folder, "--method", "mag_bert")
    assert "so the plugin is called mia_mag_bert" in capsys.readouterr().out
    table = (folder / "methods/single_turn/__init__.py").read_text()
    assert "'mag_bert': MAG_BERT,  # 2020" in table
    assert 'method_map["mia_mag_bert"] = MIA_MAG_BERT  # mia-plugins' in table
    command("uninstall", folder)
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("amess2", "unknown method 'amess2'; did you mean amess?"),
        ("mine.py", "--method mine.py: is a file; make it an installed package"),
    ],
)
def test_only_installed_methods(tree, method, words):
    with pytest.raises(UserError, match=words):
        install(tree, "--method", method)
    assert status(tree) == ""


def test_uninstall_without_install(tree):
    with pytest.raises(UserError, match="nothing is installed here"):
        command("uninstall", tree)
    with pytest.raises(UserError, match="no such folder"):
        command("uninstall", tree / "nowhere")


def test_refuses_a_dirty_tree_and_an_unknown_commit(tree):
    with pytest.raises(UserError, match="does not come after the one this was tried with"):
        command("install", tree)
    (tree / "results.csv").write_text("a user's own, not tracked\n")
    (tree / "README.md").write_text("mine\n")
    with pytest.raises(UserError, match="README.md changed since the commit.*--force"):
        command("install", tree)
    before = contents(tree)
    assert install(tree) == 0
    assert command("uninstall", tree) == 0
    assert contents(tree) == before


def test_a_descendant_of_the_known_commit_needs_no_force(tree, monkeypatch):
    from mia_plugins.hosts.facts import table

    known = git(tree, "rev-parse", "HEAD").strip()
    (tree / "README.md").write_text("my own commit\n")
    commit(tree)
    monkeypatch.setitem(vars(table.MMOIR), "commit", known)
    assert command("install", tree) == 0


def test_keeps_what_the_user_changed_meanwhile(tree, capsys):
    before = contents(tree)
    install(tree)
    manager, methods = tree / "methods/single_turn/AMESS/manager.py", tree / "methods/single_turn/__init__.py"
    manager.write_text(manager.read_text() + "# mine\n")
    methods.write_text(methods.read_text() + "method_map['mine'] = 1\n")
    with pytest.raises(UserError, match="was changed since"):
        install(tree)
    capsys.readouterr()
    assert command("uninstall", tree) == 1
    said = capsys.readouterr().out
    assert "AMESS/manager.py: was changed meanwhile, and stays" in said
    assert "only the lines marked # mia-plugins were taken out" in said
    assert manager.read_text().endswith("# mine\n")
    assert methods.read_text() == before[str(methods.relative_to(tree))][0].decode() + "\nmethod_map['mine'] = 1\n"
    assert status(tree).split() == ["M", "methods/single_turn/__init__.py", "??", "methods/single_turn/AMESS/"]


def test_line_endings_stay(tree):
    path = tree / "methods/single_turn/__init__.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    commit(tree)
    before = contents(tree)
    install(tree)
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n") == 7
    command("uninstall", tree)
    assert contents(tree) == before


@pytest.mark.parametrize("failing", [0, 1, 2, 3])
def test_all_or_nothing(tree, monkeypatch, failing):
    before = contents(tree)
    calls = []
    write = journal.write

    def breaks(path, raw):
        calls.append(path)
        if len(calls) == failing + 1:
            raise OSError(28, "No space left on device")
        write(path, raw)

    monkeypatch.setattr(journal, "write", breaks)
    with pytest.raises(UserError, match="No space left on device; nothing was changed"):
        install(tree)
    assert contents(tree) == before
    assert status(tree) == ""
    assert not (tree / ".git/mia-plugins.json").exists()
    assert not list(tree.rglob("AMESS"))


def test_a_killed_install_can_be_taken_back(tree, monkeypatch):
    before = contents(tree)
    write = journal.write
    monkeypatch.setattr(journal, "write", lambda path, raw: write(path, raw) if "AMESS" in str(path) else None)
    install(tree)  # the maps were never written
    monkeypatch.setattr(journal, "write", write)
    assert command("uninstall", tree) == 0
    assert contents(tree) == before


def test_read_only_tree(tree, monkeypatch):
    before = contents(tree)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere, so the system cannot say it
    with pytest.raises(UserError, match="cannot be written; make the checkout writable"):
        install(tree)
    assert contents(tree) == before
    assert not (tree / ".git/mia-plugins.json").exists()


def test_refuses_what_is_there_by_hand(tree):
    path = tree / "methods/single_turn/__init__.py"
    path.write_text(path.read_text() + "\nmethod_map['amess'] = MAG_BERT\n")
    with pytest.raises(UserError, match="already names amess, by hand or by a patch"):
        install(tree)
    git(tree, "checkout", ".")
    (tree / "methods/single_turn/AMESS").mkdir()
    (tree / "methods/single_turn/AMESS/manager.py").write_text("mine\n")
    with pytest.raises(UserError, match="exists already, added by hand or by a patch"):
        install(tree)
    assert status(tree) == "?? methods/single_turn/AMESS/\n"


def test_refuses_a_half_updated_host(tree):
    (tree / "methods/single_turn/__init__.py").unlink()
    with pytest.raises(UserError, match="looks like MMOIR, but without methods/single_turn/__init__.py"):
        install(tree)
    git(tree, "checkout", ".")
    (tree / "methods/single_turn/__init__.py").write_text("<<<<<<< HEAD\nmethod_map = {}\n")
    with pytest.raises(UserError, match="finish a merge that is under way"):
        install(tree)


def test_refuses_what_is_no_git_checkout(tree, tmp_path):
    shutil.rmtree(tree / ".git")
    with pytest.raises(UserError, match="belongs to no git repository; give a git checkout of the host"):
        install(tree)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="is no checkout of"):
        install(tmp_path / "empty")


def test_damaged_notes(tree):
    install(tree)
    (tree / ".git/mia-plugins.json").write_text("{")
    with pytest.raises(UserError, match=r"mia-plugins.json: cannot be read .* take out the lines marked"):
        command("uninstall", tree)


def test_a_host_inside_a_larger_repository(tmp_path):
    git(tmp_path, "init", "--quiet")
    hosts = [make_tree(tmp_path / "all" / kind, kind) for kind in ("mmoir", "mintood")]
    for host in hosts:
        shutil.rmtree(host / ".git")
    commit(tmp_path)
    for host in hosts:
        install(host)
    assert len(list((tmp_path / ".git").glob("mia-plugins-*.json"))) == 2
    for host in hosts:
        command("uninstall", host)
    assert status(tmp_path) == ""


def test_leaves_nothing_that_python_compiled(tree):
    install(tree)
    cache = tree / "methods/single_turn/AMESS/__pycache__"
    cache.mkdir()
    (cache / "manager.cpython-311.pyc").write_bytes(b"")
    assert command("uninstall", tree) == 0
    assert not cache.parent.exists()


def test_installed_host_trains(tmp_path, backbone):
    folder = make_tree(tmp_path / "a host", "mmoir", backbone)
    install(folder)
    config = folder / "configs/single_turn/amess/amess_MIntRec2.py"
    values = {"num_train_epochs": 1, "num_anchors": 3, "semantic_sync": False}
    config.write_text(config.read_text().replace('"amess")', f'"amess", overrides={values})'))
    options = ["--method", "amess", "--dataset", DATASETS["mmoir"], "--config_file_name", CONFIGS["mmoir"], "--train"]
    run_hosts([(folder, SCRIPTS["mmoir"], [*options, "--test_ood"])])
    assert {"acc", "oid_acc"} <= set(json.loads((folder / "outputs/results.json").read_text()))
