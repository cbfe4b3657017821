"""``mia-plugins patch``: a method as a contribution to a host: commits for ``git am``, and the letter beside them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ...errors import UserError
from ...plugin.registry import DEFAULT_METHOD, find_method
from ...system.files import whole_file
from ..facts.detect import find_host
from ..facts.host import Host
from ..facts.names import installable
from ..facts.repository import repository_of
from ..facts.table import BY_SHORT_NAME


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's options."""
    parser = subparsers.add_parser(
        "patch",
        help="write a method as commits for a benchmark's repository",
        description="Writes a method as three commits (a mailbox for `git am`) on top of a checkout's last one, and "
        "beside it the text of a pull request. The checkout stays as it is.",
    )
    parser.add_argument("host", choices=sorted(BY_SHORT_NAME), help="the benchmark")
    parser.add_argument("--method", default=DEFAULT_METHOD, help=f"an installed method (default: {DEFAULT_METHOD})")
    parser.add_argument("--host", dest="folder", metavar="DIR", help="a checkout (default: $MIA_HOSTS/<its name>)")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write (default: <method>-<host>.patch)")
    parser.add_argument("--author", metavar="'NAME <MAIL>'", help="of the commits (default: as your git has it)")
    parser.add_argument("--repository", metavar="URL", help="where this package is published, for the letter")
    figures = parser.add_mutually_exclusive_group(required=True)
    figures.add_argument("--results", metavar="DIR", help="folder of results tables, for the letter's figures")
    figures.add_argument("--without_figures", action="store_true", help="write a letter without any")
    parser.set_defaults(action=run)


def run(options: argparse.Namespace) -> int:
    """Writes the commits and the letter.

    Raises:
        UserError: no checkout of the host, one that cannot take the commits, or nothing to fill the letter with.
    """
    # heavy imports come after --help and wrong options
    from .about import about
    from .changes import changes
    from .figures import figures
    from .files import settings_of_host
    from .letter import letter, repository_address
    from .series import author, mailbox

    host = BY_SHORT_NAME[options.host]
    method = about(find_method(installable(options.method)))
    sender, address = author(options.author), repository_address(options.repository)
    tables = None if options.without_figures else figures(host, method.method.name, Path(options.results))
    repository = repository_of(find_checkout(host, options.folder))
    before, commits = changes(host, method, repository)
    output = Path(options.output or f"{method.method.name}-{host.short}.patch")
    text = letter(
        host,
        method,
        base=repository.commit(),
        patch=output.name,
        commits=commits,
        settings=settings_of_host(host, method),
        repository=address,
        figures=tables,
    )
    raw = mailbox(before, commits, sender)
    with whole_file(output) as temporary:
        temporary.write_bytes(raw)
    with whole_file(output.with_suffix(".md")) as temporary:
        temporary.write_text(text, encoding="utf-8")
    keep = " --keep-cr" if any(b"\r\n" in content for content in before.values()) else ""
    print(f"{output}: {len(commits)} commits for {host.name} at {repository.commit()[:10]}, for `git am{keep}`")
    print(f"{output.with_suffix('.md')}: the text of the pull request")
    return 0


def find_checkout(host: Host, given: str | None) -> Path:
    """The checkout to write the commits for.

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
