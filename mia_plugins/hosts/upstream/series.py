"""Commits as a mailbox for ``git am``."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ... import __version__
from ...errors import UserError
from ..facts.git import git


@dataclass(frozen=True)
class Commit:
    """A commit: the first line of its message, the rest of it, and path -> bytes of every file it makes or changes."""

    subject: str
    body: str
    files: Mapping[str, bytes]


def author(given: str | None) -> tuple[str, str]:
    """Name and address of who sends the commits: as given, or as the user's own git has them.

    Raises:
        UserError: neither says.
    """
    if given is not None:
        match = re.fullmatch(r"\s*([^<>\n]+?)\s*<([^<>\s]+@[^<>\s]+)>\s*", given)
        if match is None:
            raise UserError(f"--author {given[:60]}: write it as 'Name <name@example.org>'")
        return match[1], match[2]
    name, mail = (user_setting(key) for key in ("user.name", "user.email"))
    if not name or not mail:
        raise UserError("git does not know who you are: give --author 'Name <name@example.org>'")
    return name, mail


def user_setting(key: str) -> str:
    """A setting of the user's own git; empty where there is none."""
    try:
        done = subprocess.run(["git", "config", "--global", "--get", key], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def mailbox(before: Mapping[str, bytes], commits: Sequence[Commit], sender: tuple[str, str]) -> bytes:
    """One patch a commit, in order.

    Args:
        before: path -> bytes of the files that are changed, as they are.
        commits: what follows.
        sender: name and address.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        who = {
            f"GIT_{role}_{part}": text
            for role in ("AUTHOR", "COMMITTER")
            for part, text in zip(("NAME", "EMAIL"), sender)
        }
        git(folder, "init", "--quiet")
        tip = ""
        for commit in [Commit("base", "", before), *commits]:
            for path, raw in commit.files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(raw)
            git(folder, "add", "--all", "--force")
            tree = git(folder, "write-tree").decode().strip()
            message = f"{commit.subject}\n\n{commit.body}".strip()
            parent = ["-p", tip] if tip else []
            tip = git(folder, "commit-tree", tree, *parent, "-m", message, environment=who).decode().strip()
        options = ["--stdout", "--no-color", "--no-ext-diff", "--no-renames", "--numbered"]
        options.append(f"--signature=mia-plugins {__version__}")
        return git(folder, "format-patch", *options, f"-{len(commits)}", tip)
