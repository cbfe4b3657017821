"""``mia-plugins install`` and ``uninstall``: methods into a user's checkout of a host, and out of it again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ... import __version__
from ...errors import UserError
from ...plugin.registry import DEFAULT_METHOD
from ..facts.detect import Checkout, find_host
from ..facts.names import installable, name_in_host
from ..facts.repository import Repository, repository_of
from .journal import apply, changed_since, digest, read_notes, take_back
from .plan import REMEDY, new_files, plan


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The options of both commands."""
    parser = subparsers.add_parser(
        "install",
        help="put methods into a benchmark's checkout, so that its own run script knows them",
        description="Puts small files beside the benchmark's own and a few marked lines into its maps.",
    )
    parser.add_argument("folder", metavar="DIR", help="the checkout")
    parser.add_argument(
        "--method",
        nargs="+",
        default=[DEFAULT_METHOD],
        metavar="NAME",
        help=f"installed method plugins (default: {DEFAULT_METHOD}); `mia-plugins run` knows all without any file",
    )
    parser.add_argument(
        "--force", action="store_true", help="also where tracked files are changed or the commit is new"
    )
    parser.set_defaults(action=install)
    parser = subparsers.add_parser("uninstall", help="take all methods out of a checkout again, to the byte")
    parser.add_argument("folder", metavar="DIR", help="the checkout")
    parser.set_defaults(action=uninstall)


def install(options: argparse.Namespace) -> int:
    """Installs; doing so twice changes nothing.

    Raises:
        UserError: the checkout is no host, has changes, is of an unknown commit, or has a method already.
    """
    checkout = find_host(options.folder)
    host, folder, repository = checkout.host, checkout.folder, repository_of(checkout.folder)
    taken = checkout.methods()
    methods = {method: name_in_host(installable(method), host, taken) for method in options.method}
    record = read_notes(repository.notes_file)
    if record is not None:
        return check_installed(checkout, record, methods)
    if not options.force:
        check_state(checkout, repository)
    changes = plan(host, folder, methods)
    apply(folder, repository.notes_file, changes, {"host": host.name, "methods": methods, "version": __version__})
    for change in changes:
        print(f"{'new    ' if change.before is None else 'changed'} {change.path}")
    for method, name in methods.items():
        if name != method:
            print(f"{host.name} has a method {method} itself, so the plugin is called {name}")
    print(f"{folder}: {host.script} now has --method {' and '.join(methods.values())}; {REMEDY}")
    return 0


def uninstall(options: argparse.Namespace) -> int:
    """Takes everything back; returns 1 where something of the user's stayed.

    Raises:
        UserError: nothing is installed there.
    """
    folder = Path(os.path.expanduser(options.folder)).resolve()
    if not folder.is_dir():
        raise UserError(f"{options.folder}: no such folder")
    notes = repository_of(folder).notes_file
    record = read_notes(notes)
    if record is None:
        raise UserError(f"{folder}: nothing is installed here by `mia-plugins install`")
    try:
        left = take_back(folder, record)
        notes.unlink()
    except OSError as error:
        raise UserError(f"{folder}: {error}; make the checkout writable and uninstall again") from error
    for sentence in left:
        print(sentence)
    print(f"{folder}: the installed methods are taken out{', except for what is said above' if left else ''}")
    return 1 if left else 0


def check_installed(checkout: Checkout, record: dict[str, Any], methods: dict[str, str]) -> int:
    """Reports that there is nothing to do.

    Raises:
        UserError: what is there is not what would be installed.
    """
    folder = checkout.folder
    changed = changed_since(folder, record)
    if changed:
        raise UserError(f"{folder}: is installed, but {changed[0]} was changed since; uninstall it, then install again")
    if record.get("methods") != methods:
        raise UserError(
            f"{folder}: has other methods installed than {', '.join(methods)}; uninstall, then install with all of "
            "them after --method"
        )
    fresh = {path: text.encode("utf-8") for path, text in new_files(checkout.host, folder, methods).items()}
    for entry in record["files"]:
        if entry["path"] in fresh and digest(fresh[entry["path"]]) != entry["after"]:
            raise UserError(f"{folder}: was installed by version {record.get('version')}; uninstall it first")
    print(f"{folder}: is installed already")
    return 0


def check_state(checkout: Checkout, repository: Repository) -> None:
    """Checks that installing cannot mix with changes of the user's, or meet a host that nobody tried.

    Raises:
        UserError: it could.
    """
    folder, known = checkout.folder, checkout.host.commit
    changed = repository.changed_files()
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise UserError(
            f"{folder}: {changed[0]}{more} changed since the commit; commit or stash them, or install with --force "
            "(uninstalling brings back exactly what is there now)"
        )
    if not repository.descends(known):
        raise UserError(
            f"{folder}: commit {repository.commit()[:10]} does not come after the one this was tried with "
            f"({known[:10]}); check that out, or install with --force"
        )
