"""The one place that starts git, without any user's or repository's configuration."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ...errors import UserError

QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "HOME": os.devnull,  # versions before 2.32 do not know GIT_CONFIG_GLOBAL
    "XDG_CONFIG_HOME": os.devnull,
    "GIT_ALLOW_PROTOCOL": "none",  # an object that is missing is not fetched
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
    """Output of a git command in a folder that this package has made.

    Never a folder of somebody else's: its ``.git/config`` can name programs that git would run. For a checkout there
    is :class:`~.repository.Repository`.

    Args:
        folder: where it runs.
        arguments: the command and its options.
        environment: variables beside those of the process, of which git's own are left out.

    Raises:
        UserError: git is missing, or the command fails; says why.
    """
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-c", "core.autocrlf=false", "-c", "core.quotePath=false", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**variables, **QUIET, **(environment or {})},
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"git cannot be run ({error}); install git") from error
    if done.returncode:
        reason = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[-1]
        raise UserError(f"git {arguments[0]} fails: {reason}")
    return done.stdout
