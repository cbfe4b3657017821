"""Which host a folder holds, told by what its files define and not by its name, and whether it was changed."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from ...errors import UserError
from .host import Host
from .python_text import defined_names, dictionary_keys, find_dictionary, parse_file
from .repository import find_repository
from .table import HOSTS


@dataclass(frozen=True)
class Checkout:
    """A host on disk."""

    host: Host
    folder: Path

    def methods(self) -> list[str]:
        """Names of the methods in the host's map, without importing it."""
        path, name = self.host.methods_map
        return dictionary_keys(find_dictionary(parse_file(self.folder / path), name))


def find_host(folder: str | os.PathLike[str]) -> Checkout:
    """The host in a folder.

    Raises:
        UserError: none is there, or one with parts missing (half updated, or changed upstream); names them.
    """
    names = ", ".join(host.name for host in HOSTS)
    path = Path(os.path.expanduser(folder))
    try:
        if not path.is_dir():
            raise UserError(f"{path}: no such folder; give the folder of a checkout of {names}")
        path = path.resolve()
        missing = {host.name: missing_facts(host, path) for host in HOSTS}
        neighbours = [path.parent, *sorted(child for child in path.iterdir() if child.is_dir())]
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    for host in HOSTS:
        if not missing[host.name]:
            return Checkout(host, path)
    near = min(HOSTS, key=lambda host: (not (path / host.unique_file).is_file(), len(missing[host.name])))
    if len(missing[near.name]) <= len(near.facts) // 2:
        raise UserError(
            f"{path}: looks like {near.name}, but without {'; '.join(missing[near.name])}; restore these files, or "
            f"check out {near.commit[:10]}, the commit this was tested with"
        )
    for other in neighbours:
        if holds_host(other):
            raise UserError(f"{path}: is not a benchmark checkout, but {other} is; give that")
    raise UserError(
        f"{path}: is no checkout of {names} (it has none of their scripts and maps); "
        "clone one, for example `git clone https://github.com/thuiar/MMOIR`"
    )


def holds_host(folder: Path) -> bool:
    """Whether a folder holds any host."""
    try:
        return any(not missing_facts(host, folder) for host in HOSTS)
    except (UserError, OSError):
        return False


def missing_facts(host: Host, folder: Path) -> list[str]:
    """The host's files that are not there or do not define what they should.

    Raises:
        UserError: one cannot be read, or is not Python.
    """
    missing = []
    for file, names in host.facts.items():
        path = folder / file
        if not path.is_file():
            missing.append(file)
            continue
        known = defined_names(parse_file(path))
        absent = [name for name in names if name not in known]
        if absent:
            missing.append(f"{', '.join(absent)} in {file}")
    return missing


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
    try:
        repository = find_repository(checkout.folder)
        if repository is None:
            return "commit unknown (no git repository here); its files define what is needed"
        commit, changed = repository.commit(), repository.changed_files()
    except UserError as error:
        return f"commit unknown ({error}); its files define what is needed"
    known = "the one tested" if commit == checkout.host.commit else f"not the one tested ({checkout.host.commit[:10]})"
    state = f"{len(changed)} tracked file{'s' * (len(changed) > 1)} changed" if changed else "no tracked file changed"
    return f"commit {commit[:10]}, {known}; {state}"


def hidden_packages(checkout: Checkout) -> list[str]:
    """The host's packages that one of the same name elsewhere on the path would hide, with the place of that one."""
    path = [str(checkout.folder), *(entry for entry in sys.path if entry != str(checkout.folder))]
    hidden = []
    for name in checkout.host.packages:
        spec = PathFinder.find_spec(name, path)
        places = list(spec.submodule_search_locations or []) if spec else []
        if not places or Path(places[0]).resolve().parent != checkout.folder:
            hidden.append(f"{name} ({(spec.origin or places[0]) if spec else 'not found'})")
    return hidden
