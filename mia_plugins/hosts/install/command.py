"""``mia-plugins install`` and ``uninstall``: the method in a user's checkout of a host, and out of it again."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from ... import __version__
from ...errors import UserError
from ..facts.detect import Checkout, find_host
from ..facts.host import Host, class_name
from ..facts.repository import changed_files, commit, descends, notes_file
from .edits import Text, find_map
from .journal import MARKER, Change, apply, digest, intact, read_notes, take_back

METHOD = "amess"
REMEDY = "`mia-plugins uninstall` takes it away"
MANAGER = '''"""A-MESS from the package mia-plugins; {remedy}."""

from mia_plugins.hosts.live import compat

compat.apply(own=True)  # on packages newer than this repository's: before its other methods are imported

from mia_plugins.hosts.live.manager import host_manager  # noqa: E402

{name} = host_manager("{method}")
'''
NET = '''"""The place of A-MESS in the map of networks, from the package mia-plugins; {remedy}."""

from mia_plugins.hosts.live.net import host_net

build_{method} = host_net("{method}")
'''
CONFIG = '''"""Settings of A-MESS, from the package mia-plugins; {remedy}."""

from mia_plugins.hosts.live.params import host_param

Param = host_param("{method}")
'''


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The options of both commands."""
    parser = subparsers.add_parser(
        "install",
        help="put A-MESS into a benchmark's checkout, so that its own run script knows it",
        description="Puts small files beside the benchmark's own and a few marked lines into its maps.",
    )
    parser.add_argument("folder", metavar="DIR", help="the checkout")
    parser.add_argument("--copy", action="store_true", help="copy the method, so that it runs without this package")
    parser.add_argument(
        "--force", action="store_true", help="also where tracked files are changed or the commit is new"
    )
    parser.set_defaults(action=install)
    parser = subparsers.add_parser("uninstall", help="take A-MESS out of a checkout again, to the byte")
    parser.add_argument("folder", metavar="DIR", help="the checkout")
    parser.set_defaults(action=uninstall)


def install(options: argparse.Namespace) -> int:
    """Installs; doing so twice changes nothing.

    Raises:
        UserError: the checkout is no host, dirty, of an unknown commit, or has the method already.
    """
    checkout = find_host(options.folder)
    notes = notes_file(checkout.folder)
    kind = "copy" if options.copy else "link"
    record = read_notes(notes)
    if record is not None:
        return check_installed(checkout, record, kind)
    if not options.force:
        check_state(checkout)
    host = checkout.host
    changes = plan(host, checkout.folder, copy=options.copy)
    about = {"host": host.name, "kind": kind, "version": __version__}
    apply(checkout.folder, notes, changes, about)
    for change in changes:
        print(f"{'new    ' if change.before is None else 'changed'} {change.path}")
    print(f"{checkout.folder}: {host.script} now has --method {METHOD}; {REMEDY}")
    return 0


def uninstall(options: argparse.Namespace) -> int:
    """Takes everything back; returns 1 where something of the user's stayed.

    Raises:
        UserError: nothing is installed there.
    """
    folder = Path(options.folder).expanduser().resolve()
    if not folder.is_dir():
        raise UserError(f"{options.folder}: no such folder")
    notes = notes_file(folder)
    record = read_notes(notes)
    if record is None:
        raise UserError(f"{folder}: nothing is installed here by `mia-plugins install`")
    try:
        left = take_back(folder, record)
    except OSError as error:
        raise UserError(f"{folder}: {error}; make the checkout writable and uninstall again") from error
    notes.unlink()
    for sentence in left:
        print(sentence)
    print(f"{folder}: --method {METHOD} is taken out{' but for what is said above' if left else ''}")
    return 1 if left else 0


def check_installed(checkout: Checkout, record: dict, kind: str) -> int:
    """Says that there is nothing to do.

    Raises:
        UserError: what is there is not what would be installed.
    """
    folder = checkout.folder
    changed = intact(folder, record)
    if changed:
        raise UserError(f"{folder}: is installed, but {changed[0]} was changed since; uninstall, then install again")
    if record.get("kind") != kind:
        raise UserError(f"{folder}: is installed as a {record.get('kind')}, not as a {kind}; uninstall first")
    fresh = {path: text.encode("utf-8") for path, text in new_files(checkout.host, kind == "copy").items()}
    for entry in record["files"]:
        if entry["path"] in fresh and digest(fresh[entry["path"]]) != entry["after"]:
            raise UserError(f"{folder}: holds what version {record.get('version')} installed; uninstall first")
    print(f"{folder}: is installed already")
    return 0


def check_state(checkout: Checkout) -> None:
    """Raises a UserError where installing could mix with changes of the user's, or meet a host nobody tried."""
    folder, known = checkout.folder, checkout.host.commit
    dirty = changed_files(folder)
    if dirty:
        more = f" and {len(dirty) - 1} more" if len(dirty) > 1 else ""
        raise UserError(
            f"{folder}: {dirty[0]}{more} changed since the commit; commit or stash them, or install with --force "
            "(uninstalling brings back exactly what is there now)"
        )
    if not descends(folder, known):
        raise UserError(
            f"{folder}: commit {commit(folder)[:10]} does not come after the one this was tried with ({known[:10]}); "
            "check that out, or install with --force"
        )


def plan(host: Host, folder: Path, *, copy: bool) -> list[Change]:
    """Every file to write.

    Raises:
        UserError: the method is there already, or a map is not.
    """
    changes = []
    for path, content in new_files(host, copy).items():
        if (folder / path).exists() or (folder / path).is_symlink():
            raise UserError(f"{folder / path}: is there already, put there by hand or by a patch; remove it first")
        changes.append(Change(path, None, content.encode("utf-8")))
    names = [name.format(method=METHOD) for name in host.variants]
    maps = {host.methods_map: (f".{class_name(METHOD)}.manager", class_name(METHOD))}
    if copy or host.prebuilt:
        maps[host.nets_map] = (host.net_import(METHOD), f"build_{METHOD}")
    for (path, name), (module, thing) in maps.items():
        raw = (folder / path).read_bytes()
        text = Text(path, raw)
        find_map(text, name)
        if any(re.search(rf"""['"]{known}['"]""", line) for known in names for line in text.lines):
            raise UserError(f"{folder / path}: names {METHOD} already, by hand or by a patch; take that out first")
        # first of all: the file of ours mends what the host's own imports may need
        text.insert_first(f"from {module} import {thing}  {MARKER}")
        text.append([f'{name}["{known}"] = {thing}  {MARKER}' for known in names])
        changes.append(Change(path, raw, text.bytes()))
    return changes


def new_files(host: Host, copy: bool) -> dict[str, str]:
    """Path -> text of the files of our own: the whole method, or a few lines that import it."""
    if copy:
        from ..upstream.vendor import vendored_files

        return vendored_files(host)
    files = {host.manager_file(METHOD): MANAGER.format(remedy=REMEDY, name=class_name(METHOD), method=METHOD)}
    if host.prebuilt:
        files[host.net_file(METHOD)] = NET.format(remedy=REMEDY, method=METHOD)
    for path, (name, _) in host.config_files.items():
        files[path.format(method=METHOD)] = CONFIG.format(remedy=REMEDY, method=name.format(method=METHOD))
    return files
