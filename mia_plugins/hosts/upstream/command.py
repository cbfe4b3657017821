"""``mia-plugins patch``: the method as a contribution to a host, one git patch and the letter that goes with it."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from ...errors import UserError
from ...system.files import whole_file
from ..facts.detect import find_host
from ..facts.git import git
from ..facts.host import Host, class_name
from ..facts.python_text import dictionary_keys
from ..facts.repository import Repository, repository_of
from ..facts.table import BY_SHORT_NAME
from ..install.edits import Text, add_entries, add_import, find_map

METHOD = "amess"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    parser = subparsers.add_parser(
        "patch",
        help="write A-MESS as a patch for a benchmark's repository",
        description="Writes A-MESS as one git patch against the last commit of a checkout, and beside it the text of a "
        "pull request. The checkout stays as it is.",
    )
    parser.add_argument("host", choices=sorted(BY_SHORT_NAME), help="the benchmark")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write (default: amess-<host>.patch)")
    parser.add_argument("--host", dest="folder", metavar="DIR", help="a checkout (default: $MIA_HOSTS/<its name>)")
    parser.set_defaults(action=run)


def run(options: argparse.Namespace) -> int:
    """Writes the patch.

    Raises:
        UserError: no checkout of the host, or one that cannot take the patch.
    """
    from .contribution import contribution_text  # heavy imports come after --help and wrong options

    host = BY_SHORT_NAME[options.host]
    folder = find_checkout(host, options.folder)
    repository = repository_of(folder)
    base = repository.commit()
    before, after = changes(host, repository)
    output = Path(options.output or f"amess-{host.short}.patch")
    letter = output.with_suffix(".md")
    with whole_file(output) as temporary:
        temporary.write_bytes(diff(before, after))
    with whole_file(letter) as temporary:
        temporary.write_text(contribution_text(host, base, sorted(after)), encoding="utf-8")
    print(f"{output}: {len(after)} files for {host.name} at {base[:10]}; {letter}: the text that goes with it")
    return 0


def find_checkout(host: Host, given: str | None) -> Path:
    """The checkout to make the patch for.

    Raises:
        UserError: there is none, or it holds another host.
    """
    hosts = os.environ.get("MIA_HOSTS")
    if given is None and hosts is None:
        raise UserError(f"patch {host.short}: give a checkout of {host.name} as --host DIR")
    checkout = find_host(given if given is not None else Path(str(hosts)) / host.name)
    if checkout.host.name != host.name:
        raise UserError(f"{checkout.folder}: is {checkout.host.name}, not {host.name}; give another --host")
    return checkout.folder


def changes(host: Host, repository: Repository) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files that the patch touches, before and after; new ones are only in the second.

    Raises:
        UserError: the last commit has the method already, or lacks what the patch builds on.
    """
    from .contribution import add_readme_line, example_text
    from .vendor import vendored_files

    after = {path: text.encode("utf-8") for path, text in vendored_files(host).items()}
    after[host.example.format(method=METHOD)] = example_text(host).encode("utf-8")
    folder, tracked = repository.folder, repository.files()
    for path in after:
        if path in tracked:
            raise UserError(f"{folder / path}: is in the last commit already; check out one without {METHOD}")
    before: dict[str, bytes] = {}

    def committed(path: str) -> Text:
        if path not in tracked:
            raise UserError(f"{folder / path}: is not in the last commit; check out {host.commit[:10]}")
        before[path] = repository.contents(tracked[path])
        return Text(path, before[path])

    names = [name.format(method=METHOD) for name in host.variants]
    managers, nets = host.methods_map, host.nets_map
    imports = {managers[0]: (f".{class_name(METHOD)}.manager", class_name(METHOD))}
    imports[nets[0]] = (host.net_import(METHOD), f"build_{METHOD}")
    for path, map_name in (managers, nets):
        text = committed(path)
        if set(dictionary_keys(find_map(text, map_name))) & set(names):
            raise UserError(f"{folder / path}: {map_name} has {METHOD} already; check out a commit without it")
        module, thing = imports[path]
        add_entries(text, map_name, [f"'{name}': {thing}" for name in names])
        add_import(text, f"from {module} import {thing}")
        after[path] = text.bytes()
    if "README.md" in tracked:
        text = committed("README.md")
        if add_readme_line(host, text):
            after["README.md"] = text.bytes()
    if host.requirement and "requirements.txt" in tracked:
        text = committed("requirements.txt")
        text.append([host.requirement])
        after["requirements.txt"] = text.bytes()
    return before, after


def diff(before: dict[str, bytes], after: dict[str, bytes]) -> bytes:
    """The git patch that leads from one set of files to the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        git(folder, "init", "--quiet")
        trees = []
        for files in (before, {**before, **after}):
            for path, raw in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(raw)
            git(folder, "add", "--all", "--force")
            trees.append(git(folder, "write-tree").decode().strip())
        return git(folder, "diff", "--no-color", "--no-ext-diff", "--no-renames", *trees)
