"""Which host a folder holds, told by what its files define, not by its name; and in which state."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from ...errors import UserError
from .host import Host
from .table import HOSTS


@dataclass(frozen=True)
class Checkout:
    """A host on disk."""

    host: Host
    folder: Path

    def methods(self) -> list[str]:
        """Names of the host's own methods, without importing it."""
        return keys_of(self.folder / Path(*self.host.methods.split("."), "__init__.py"), "method_map")


def find_host(folder: str | os.PathLike[str]) -> Checkout:
    """The host in a folder.

    Raises:
        UserError: none is there, or one with parts missing (half updated, or changed upstream); names them.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise UserError(f"{path}: no such folder; give the folder of a checkout of {', '.join(h.name for h in HOSTS)}")
    path = path.resolve()
    missing = {host.name: missing_facts(host, path) for host in HOSTS}
    for host in HOSTS:
        if not missing[host.name]:
            return Checkout(host, path)
    near = min(HOSTS, key=lambda host: (not (path / host.unique_file).is_file(), len(missing[host.name])))
    if len(missing[near.name]) <= len(near.facts) // 2:
        raise UserError(
            f"{path}: looks like {near.name}, but without {'; '.join(missing[near.name])}; if an update was cut short "
            f"run `git -C '{path}' status`, if the host itself has moved on check out {near.commit[:10]}"
        )
    around = [path.parent, *sorted(child for child in path.iterdir() if child.is_dir())]
    for other in around:
        if any(not missing_facts(host, other) for host in HOSTS):
            raise UserError(f"{path}: is no benchmark checkout, but {other} is; give that")
    raise UserError(
        f"{path}: is no checkout of {', '.join(h.name for h in HOSTS)} (not one of their scripts and maps is here); "
        "clone one, for example `git clone https://github.com/thuiar/MMOIR`"
    )


def missing_facts(host: Host, folder: Path) -> list[str]:
    """The host's files that are not there or do not define what they should."""
    found = []
    for file, names in host.facts.items():
        path = folder / file
        if not path.is_file():
            found.append(file)
            continue
        absent = [name for name in names if name not in defined(path)]
        if absent:
            found.append(f"{', '.join(absent)} in {file}")
    return found


def defined(path: Path) -> set[str]:
    """Names a Python file defines at its top level, without running it.

    Raises:
        UserError: it cannot be read, or is not Python.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: is not valid Python ({error}); is a merge unfinished? mend or restore it") from error
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def keys_of(path: Path, name: str) -> list[str]:
    """The keys of a dictionary that a Python file assigns to a name at its top level, without running it."""
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        named = isinstance(node, ast.Assign) and any(getattr(target, "id", None) == name for target in node.targets)
        if named and isinstance(node.value, ast.Dict):  # type: ignore[attr-defined]
            return [str(key.value) for key in node.value.keys if isinstance(key, ast.Constant)]  # type: ignore[attr-defined]
    return []


def current_host() -> Checkout:
    """The host whose code this process runs.

    Raises:
        UserError: there is none.
    """
    module = sys.modules.get("utils.functions")
    file = getattr(module, "__file__", None)
    if file is None:
        raise UserError("no host is running in this process; start one with `mia-plugins run DIR -- ...`")
    return find_host(Path(file).parents[1])


def commit_state(checkout: Checkout) -> str:
    """The checkout's commit in words: known or not, changed or not."""
    folder = checkout.folder
    if not (folder / ".git").exists():
        return "commit unknown (no .git folder here); its files define what is needed"
    commit = git(folder, "rev-parse", "HEAD")
    if commit is None:
        return "commit unknown (git cannot read it); its files define what is needed"
    known = "the one tested" if commit == checkout.host.commit else f"not the one tested ({checkout.host.commit[:10]})"
    changed = (git(folder, "status", "--porcelain", "--untracked-files=no") or "").splitlines()
    state = f"{len(changed)} tracked files changed" if changed else "no tracked file changed"
    return f"commit {commit[:10]}, {known}; {state}"


def git(folder: Path, *arguments: str) -> str | None:
    """Output of a git command that only reads; None if it fails."""
    # a checkout is somebody else's: no hook or monitor of its configuration may run, and its index stays as it is
    options = ["-c", "core.fsmonitor=false", "-c", f"safe.directory={folder}"]
    try:
        done = subprocess.run(
            ["git", *options, "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def hidden_packages(checkout: Checkout) -> list[str]:
    """The host's packages that another of the same name, elsewhere on the path, would hide; with that one's place."""
    path = [str(checkout.folder), *(entry for entry in sys.path if entry != str(checkout.folder))]
    found = []
    for name in checkout.host.packages:
        spec = PathFinder.find_spec(name, path)
        places = list(spec.submodule_search_locations or []) if spec else []
        if not places or Path(places[0]).resolve().parent != checkout.folder:
            found.append(f"{name} ({(spec.origin or places[0]) if spec else 'not found'})")
    return found
