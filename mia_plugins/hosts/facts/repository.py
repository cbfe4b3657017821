"""The git repository of a host's checkout, read without its configuration.

A repository's configuration may name programs that git runs: filters, monitors, hooks, pagers, transports. Whoever made
the checkout wrote that file too. So no git command here sees it: each runs in an empty repository made for it, which
borrows the checkout's objects and nothing else. HEAD, branches and the files' state are read by this module.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...errors import UserError
from ...system.untrusted import read_bytes
from .git import git
from .work_tree import Entry, is_unchanged


@dataclass(frozen=True)
class Repository:
    """The repository of a checkout; see :func:`find_repository`.

    Args:
        folder: the host's folder.
        git_folder: its ``.git``, or the folder that a ``.git`` file names.
        common: the folder of objects and branches; another than ``git_folder`` in a linked worktree.
        prefix: path of the host's folder in the repository; empty where it is all of it.
    """

    folder: Path
    git_folder: Path
    common: Path
    prefix: str

    def git(self, *arguments: str) -> bytes:
        """Output of a git command that sees the checkout's objects and nothing else.

        Raises:
            UserError: it fails.
        """
        with tempfile.TemporaryDirectory() as name:
            empty = Path(name)
            (empty / "refs").mkdir()
            (empty / "HEAD").write_text("ref: refs/heads/none\n", encoding="utf-8")
            environment = {"GIT_DIR": name, "GIT_OBJECT_DIRECTORY": str(self.common / "objects")}
            if (self.common / "shallow").is_file():  # a clone with --depth says here where its history ends
                environment["GIT_SHALLOW_FILE"] = str(self.common / "shallow")
            try:
                return git(empty, *arguments, environment=environment)
            except UserError as error:
                raise UserError(f"{self.folder}: {error}; give a git checkout of the host") from error

    def commit(self) -> str:
        """The commit that is checked out.

        Raises:
            UserError: there is none, or it is stored in a way that is not known here.
        """
        value = text_of(self.git_folder / "HEAD")
        for _ in range(5):  # a branch may stand for another
            if not value.startswith("ref: "):
                break
            value = self.branch(value[5:].strip())
        if not re.fullmatch("[0-9a-f]{40}", value):
            raise UserError(f"{self.folder}: no commit is checked out; give a git checkout of the host")
        return value

    def branch(self, name: str) -> str:
        """What a branch such as ``refs/heads/main`` stands for; empty where it is not there."""
        parts = PurePosixPath(name).parts
        if parts[:1] != ("refs",) or ".." in parts:
            return ""
        for place in (self.git_folder, self.common):
            if place.joinpath(*parts).is_file():
                return text_of(place.joinpath(*parts))
        packed = self.common / "packed-refs"
        for line in text_of(packed).splitlines() if packed.is_file() else ():
            digest, _, packed_name = line.partition(" ")
            if packed_name == name:
                return digest
        return ""

    def descends(self, commit: str) -> bool:
        """Whether the commit that is checked out is another or comes after it."""
        head = self.commit()
        try:
            return head == commit or self.git("merge-base", "--is-ancestor", commit, head) == b""
        except UserError:
            return False

    def files(self) -> dict[str, Entry]:
        """Path in the host's folder -> file of the commit that is checked out."""
        raw = self.git("ls-tree", "-r", "-l", "-z", f"{self.commit()}:{self.prefix}")
        files = {}
        for line in raw.split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            mode, _, digest, size = about.decode("ascii").split()
            files[os.fsdecode(path)] = Entry(mode, digest, int(size) if size.isdigit() else 0)
        return files

    def contents(self, entry: Entry) -> bytes:
        """The bytes of a file of a commit."""
        return self.git("cat-file", "blob", entry.digest)

    def changed_files(self) -> list[str]:
        """Files of the commit that are gone or have other contents; a user's results and logs are not among them."""
        return [path for path, entry in self.files().items() if not is_unchanged(self.folder, path, entry)]

    @property
    def notes_file(self) -> Path:
        """Where this package notes what it did to a checkout: in ``.git``, so that ``git status`` does not show it."""
        mark = f"-{hashlib.sha256(self.prefix.encode()).hexdigest()[:8]}" if self.prefix else ""
        return self.git_folder / f"mia-plugins{mark}.json"


def find_repository(folder: Path) -> Repository | None:
    """The repository that a folder belongs to; None where there is none.

    Raises:
        UserError: it is damaged, or lies above the folder and is somebody else's.
    """
    folder = folder.resolve()
    for root in (folder, *folder.parents):
        place = root / ".git"
        if not os.path.lexists(place):
            continue
        git_folder = place
        if place.is_file():  # a submodule or a linked worktree
            git_folder = root / text_of(place).partition("gitdir: ")[2]
        pointer = git_folder / "commondir"
        common = git_folder / text_of(pointer) if pointer.is_file() else git_folder
        if not (git_folder / "HEAD").is_file() or not (common / "objects").is_dir():
            raise UserError(f"{place}: is not a git repository; give a git checkout of the host")
        if root != folder and hasattr(os, "geteuid") and place.stat().st_uid not in (os.geteuid(), 0):
            raise UserError(f"{place}: belongs to another user; move {folder} out of {root}")
        prefix = folder.relative_to(root).as_posix()
        return Repository(folder, git_folder.resolve(), common.resolve(), "" if prefix == "." else prefix)
    return None


def repository_of(folder: Path) -> Repository:
    """The repository that a folder belongs to.

    Raises:
        UserError: there is none.
    """
    repository = find_repository(folder)
    if repository is None:
        raise UserError(f"{folder}: belongs to no git repository; give a git checkout of the host")
    return repository


def text_of(path: Path) -> str:
    """A small text file of git's, without the line ending."""
    return read_bytes(path).decode("utf-8", "replace").rstrip("\r\n")
