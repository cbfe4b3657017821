"""Checkouts whose git configuration somebody prepared: nothing of it runs."""

import argparse
import contextlib
import os
import shutil
import subprocess

import pytest
from hosts.helpers import ABOUT, command
from hosts.standin_trees import git, make_tree

from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.detect import commit_state, find_host
from mia_plugins.hosts.live import diagnose


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "a host", "mmoir")


@pytest.fixture
def evil(tmp_path):
    """A program that leaves a mark when it runs, and the file that it leaves."""
    mark, program = tmp_path / "it ran", tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat\n")
    program.chmod(0o755)
    return program, mark


def plain_git(folder, *arguments):
    """git as a user types it, who trusts the folder."""
    subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)


def touch(folder):
    """Changes a file's time, so that git looks at its contents."""
    path = folder / "run.py"
    os.utime(path, (1, 1))
    return path


def clean_filter(folder, program):
    (folder / ".gitattributes").write_text("*.py filter=evil\n")
    git(folder, "config", "filter.evil.clean", str(program))
    touch(folder)


def process_filter(folder, program):
    (folder / ".git/info/attributes").write_text("*.py filter=evil\n")
    git(folder, "config", "filter.evil.process", str(program))
    touch(folder)


def included_filter(folder, program):
    (folder / ".gitattributes").write_text("*.py filter=evil\n")
    (folder / "more").write_text(f'[filter "evil"]\n\tclean = "{program}"\n')
    git(folder, "config", "include.path", "../more")
    touch(folder)


def monitor(folder, program):
    git(folder, "config", "core.fsmonitor", str(program))


def hook(folder, program):
    (folder / ".git/hooks").mkdir(exist_ok=True)
    (folder / ".git/hooks/post-index-change").write_bytes(program.read_bytes())
    (folder / ".git/hooks/post-index-change").chmod(0o755)
    touch(folder)


def hooks_elsewhere(folder, program):
    place = folder / "my hooks"
    place.mkdir()
    (place / "post-index-change").write_bytes(program.read_bytes())
    (place / "post-index-change").chmod(0o755)
    git(folder, "config", "core.hooksPath", str(place))
    touch(folder)


def external_diff(folder, program):
    git(folder, "config", "diff.external", str(program))
    touch(folder).write_text("# changed\n" + (folder / "run.py").read_text())


def text_conversion(folder, program):
    (folder / ".gitattributes").write_text("*.py diff=evil\n")
    git(folder, "config", "diff.evil.textconv", str(program))
    touch(folder).write_text("# changed\n" + (folder / "run.py").read_text())


def missing_objects(folder, program):
    """A partial clone whose objects have to be fetched, by a program of the configuration's choice."""
    blob = git(folder, "rev-parse", "HEAD:README.md").strip()
    (folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": str(folder),
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": f"touch '{program.parent / 'it ran'}'; exit 1;",
    }.items():
        git(folder, "config", key, value)


TRICKS = {
    clean_filter: ["status"],
    process_filter: ["status"],
    included_filter: ["status"],
    monitor: ["status"],
    hook: ["status"],
    hooks_elsewhere: ["status"],
    external_diff: ["diff"],
    text_conversion: ["diff"],
    missing_objects: ["cat-file", "blob", "HEAD:README.md"],
}


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_nothing_of_its_git_configuration_runs(tree, evil, tmp_path, trick):
    program, mark = evil
    trick(tree, program)
    plain_git(tree, *TRICKS[trick])
    assert mark.exists(), "the trick is none: git itself did not run the program"
    mark.unlink()
    os.utime(tree / "run.py", (2, 2))
    diagnose.show(argparse.Namespace(folder=str(tree)))
    for arguments in (
        ["install", tree],
        ["install", tree, "--force"],
        ["uninstall", tree],
        ["patch", "mmoir", "--host", tree, *ABOUT, "-o", tmp_path / "made"],
    ):
        with contextlib.suppress(UserError):
            command(*arguments)
        assert not mark.exists(), arguments
    assert list(tmp_path.glob("made*")) or trick is missing_objects


def test_a_work_tree_elsewhere_is_not_looked_at(tree, tmp_path):
    other = make_tree(tmp_path / "other", "mmoir")
    (other / "run.py").write_text("changed = 1\n")
    git(tree, "config", "core.worktree", str(other))
    assert "no tracked file changed" in commit_state(find_host(tree))


def test_the_users_own_git_settings_are_left_aside(tree, evil, monkeypatch, tmp_path):
    program, mark = evil
    settings = tmp_path / "settings"
    settings.write_text(f'[core]\n\tfsmonitor = "{program}"\n[alias]\n\tls-tree = "!{program}"\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert "no tracked file changed" in commit_state(find_host(tree))
    assert not mark.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user_above_the_checkout(tmp_path):
    git(tmp_path, "init", "--quiet")
    tree = make_tree(tmp_path / "host", "mmoir")
    shutil.rmtree(tree / ".git")
    os.chown(tmp_path / ".git", 12345, -1)
    with pytest.raises(UserError, match=r"\.git: belongs to another user; move"):
        command("install", tree, "--force")


# ---- the notes of what was installed
