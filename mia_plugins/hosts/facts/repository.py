"""The git repository of a host's checkout: what this package asks of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from ...errors import UserError

OTHERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")  # set where git itself calls this command


def git(folder: Path, *arguments: str, plain: bool = False) -> bytes:
    """Output of a git command.

    Args:
        folder: where to run it.
        arguments: the command and its options.
        plain: leave the user's own settings of git aside.

    Raises:
        UserError: it fails; says why.
    """
    environment = {key: value for key, value in os.environ.items() if key not in OTHERS}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    # the checkout is somebody else's: no monitor of its configuration may run
    settings = [f"safe.directory={folder}", "core.fsmonitor=false", "core.quotePath=false"]
    if plain:
        environment.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
        settings.append("core.autocrlf=false")
    command = ["git", *(part for setting in settings for part in ("-c", setting)), "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"{folder}: git cannot be run ({error}); install git") from error
    if done.returncode:
        reason = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[-1]
        raise UserError(f"{folder}: git {arguments[0]} fails ({reason}); give a git checkout of the host")
    return done.stdout


def commit(folder: Path) -> str:
    """The commit that is checked out."""
    return git(folder, "rev-parse", "HEAD").decode().strip()


def descends(folder: Path, from_commit: str) -> bool:
    """Whether the commit that is checked out is another or comes after it."""
    try:
        git(folder, "merge-base", "--is-ancestor", from_commit, "HEAD")
    except UserError:
        return False
    return True


def changed_files(folder: Path) -> list[str]:
    """Tracked files that differ from the commit; a user's results and logs are not tracked."""
    status = git(folder, "status", "--porcelain", "-z", "--untracked-files=no", "--", ".")
    return [entry[3:] for entry in status.decode("utf-8", "replace").split("\0") if len(entry) > 3]


def notes_file(folder: Path) -> Path:
    """Where this package keeps what it did to a checkout: inside ``.git``, so that ``git status`` does not show it."""
    place = Path(git(folder, "rev-parse", "--absolute-git-dir").decode("utf-8").strip())
    prefix = git(folder, "rev-parse", "--show-prefix").decode("utf-8").strip()  # a host inside a larger repository
    mark = f"-{hashlib.sha256(prefix.encode()).hexdigest()[:8]}" if prefix else ""
    return place / f"mia-plugins{mark}.json"
