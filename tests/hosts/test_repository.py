"""What is read of a repository without its configuration is what git itself says."""

import os
import shutil

import pytest
from hosts.standin_trees import commit, git, make_tree

from mia_plugins.errors import UserError
from mia_plugins.hosts.facts.repository import find_repository, repository_of


@pytest.fixture
def tree(tmp_path):
    return make_tree(tmp_path / "a host", "mintrec")


def said_by_git(folder):
    """The commit and the changed tracked files, as git says them."""
    status = git(folder, "status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--", ".")
    prefix = git(folder, "rev-parse", "--show-prefix").strip()
    changed = sorted(entry[3 + len(prefix) :] for entry in status.split("\0") if entry)
    return git(folder, "rev-parse", "HEAD").strip(), changed


def agree(folder):
    """Checks that both say the same; returns the changed files."""
    repository = repository_of(folder)
    mine = repository.commit(), sorted(repository.changed_files())
    assert mine == said_by_git(folder)
    return mine[1]


def test_changed_files(tree):
    assert agree(tree) == []
    (tree / "not tracked.txt").write_text("mine\n")
    os.utime(tree / "run.py", (1, 1))
    assert agree(tree) == []
    (tree / "run.py").write_text("changed = 1\n")
    (tree / "README.md").unlink()
    (tree / "configs/base.py").unlink()
    (tree / "configs/base.py").symlink_to(tree / "run.py")
    shutil.rmtree(tree / "data")
    (tree / "data").symlink_to(tree / "utils")
    changed = agree(tree)
    assert {"run.py", "README.md", "configs/base.py", "data/base.py"} < set(changed)


def test_names_links_and_sub_modules(tree, tmp_path):
    (tree / "ein Häuschen\n").write_text("x")
    (tree / "link").symlink_to("run.py")
    (tree / "empty").write_text("")
    other = make_tree(tmp_path / "other", "mintrec")
    git(tree, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "inner")
    commit(tree)
    assert agree(tree) == []
    assert agree(tree / "inner") == []
    (tree / "link").unlink()
    (tree / "link").symlink_to("README.md")
    (tree / "ein Häuschen\n").write_text("y")
    assert agree(tree) == ["ein Häuschen\n", "link"]


def test_line_endings_that_git_wrote_are_no_change(tree):
    git(tree, "config", "core.autocrlf", "true")
    for path in tree.rglob("*.py"):
        path.unlink()
    git(tree, "checkout", ".")
    assert b"\r\n" in (tree / "run.py").read_bytes()
    assert agree(tree) == []


@pytest.mark.parametrize("how", ["detached", "packed", "slashes", "symbolic", "worktree", "packed objects"])
def test_where_the_commit_is_noted(tree, tmp_path, how):
    if how == "detached":
        git(tree, "checkout", "--quiet", "--detach")
    if how == "packed":
        git(tree, "pack-refs", "--all")
    if how == "slashes":
        git(tree, "checkout", "--quiet", "-b", "my/own+branch-ü")
    if how == "symbolic":
        git(tree, "symbolic-ref", "refs/heads/alias", git(tree, "symbolic-ref", "HEAD").strip())
        git(tree, "symbolic-ref", "HEAD", "refs/heads/alias")
    if how == "packed objects":
        git(tree, "gc", "--quiet")
    if how == "worktree":
        git(tree, "worktree", "add", "--quiet", str(tmp_path / "linked"))
        (tree / "run.py").write_text("changed = 1\n")
        commit(tree)
        assert repository_of(tmp_path / "linked").notes_file != repository_of(tree).notes_file
        assert agree(tmp_path / "linked") == []
    assert agree(tree) == []


def test_a_folder_of_a_larger_repository(tmp_path):
    git(tmp_path, "init", "--quiet")
    tree = make_tree(tmp_path / "all" / "host", "mintrec")
    shutil.rmtree(tree / ".git")
    commit(tmp_path)
    (tmp_path / "all" / "beside.txt").write_text("not the host's\n")
    (tree / "run.py").write_text("changed = 1\n")
    assert agree(tree) == ["run.py"]
    repository = repository_of(tree)
    assert repository.contents(repository.files()["README.md"]) == git(tree, "show", "HEAD:./README.md").encode()


def test_descends(tree, tmp_path):
    first = git(tree, "rev-parse", "HEAD").strip()
    (tree / "run.py").write_text("changed = 1\n")
    commit(tree)
    second = git(tree, "rev-parse", "HEAD").strip()
    assert repository_of(tree).descends(first)
    assert repository_of(tree).descends(second)
    git(tree, "checkout", "--quiet", first)
    assert not repository_of(tree).descends(second)
    assert not repository_of(tree).descends("0" * 40)
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{tree}", "shallow")
    assert repository_of(tmp_path / "shallow").descends(first)
    assert agree(tmp_path / "shallow") == []


def test_no_repository(tmp_path):
    assert find_repository(tmp_path) is None
    with pytest.raises(UserError, match="belongs to no git repository; give a git checkout of the host"):
        repository_of(tmp_path)
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    with pytest.raises(UserError, match=r"\.git: is not a git repository"):
        repository_of(tmp_path)
    (tmp_path / ".git").unlink()
    git(tmp_path, "init", "--quiet")
    with pytest.raises(UserError, match="no commit is checked out; give a git checkout of the host"):
        repository_of(tmp_path).commit()
