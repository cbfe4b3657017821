"""``mia-plugins hosts DIR``: which benchmark this is, with which packages, what works here and what does not, and why."""

from __future__ import annotations

import argparse
import sys
from importlib import metadata
from typing import Any

from ...plugin.registry import METHOD_GROUP, names
from ..facts.detect import Checkout, commit_state, find_host, hidden_packages
from ..facts.host import Host
from ..facts.names import PREFIX, names_in_host
from .arguments import data_folder

PACKAGES = ("torch", "transformers", "pandas", "numpy", "scikit-learn", "scipy", "easydict", "tqdm")


def add_parser(subparsers: Any) -> None:
    """Adds the command ``hosts``."""
    parser = subparsers.add_parser(
        "hosts",
        help="say which benchmark a folder holds, and what works there",
        description="Looks at a benchmark's checkout without running it, and at the packages of this Python.",
    )
    parser.add_argument("folder", metavar="DIR", help="checkout of MMOIR, MIntRec2.0, MIntRec or MIntOOD")
    parser.set_defaults(action=show)


def show(options: argparse.Namespace) -> None:
    """Prints the report.

    Raises:
        UserError: the folder holds no host, or half of one.
    """
    print("\n".join(report(find_host(options.folder))))


def report(checkout: Checkout) -> list[str]:
    """The report's lines."""
    from . import compat

    host = checkout.host
    versions = {name: version(name) for name in PACKAGES}
    missing = [name for name, installed in versions.items() if installed is None]
    shims = [] if {"torch", "transformers", "pandas"} & set(missing) else compat.needed(hosts_own=True)
    lines = [
        f"{host.name} at {checkout.folder}",
        f"  {commit_state(checkout)}",
        f"Python {sys.version.split()[0]}: "
        + ", ".join(f"{name} {installed or 'missing'}" for name, installed in versions.items()),
        f"  {era(versions)}",
    ]
    if missing:
        lines.append(f"  missing: run `{sys.executable} -m pip install {' '.join(missing)}`")
    lines += [
        f"  hidden by another package of its name: {name}; uninstall that one" for name in hidden_packages(checkout)
    ]
    lines += ["", "Methods", *(f"  {line}" for line in methods(checkout))]
    lines += ["", f"With `mia-plugins run` {'these shims are applied, in memory' if shims else 'no shim is needed'}:"]
    for shim in shims:
        for_whom = "the benchmark's own methods" if shim.hosts_own else "everything"
        lines.append(f"  {shim.name} ({shim.where}): {shim.why}; {shim.fix}. Needed by {for_whom}.")
    lines += ["", "What works", *(f"  {line}" for line in works(host))]
    lines += ["", "What does not work, or works differently", *(f"  {line}" for line in limits(host, versions))]
    return lines


def version(name: str) -> str | None:
    """An installed distribution's version."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def major(text: str | None) -> int:
    """A version's first number; 0 where there is none."""
    return int(text.split(".")[0]) if text else 0


def era(versions: dict[str, str | None]) -> str:
    """Which of the two tested sets of packages these are."""
    if major(versions["transformers"]) <= 4 and major(versions["pandas"]) <= 1:
        return "packages of the time when the benchmarks were written (transformers 4, pandas 1)"
    if major(versions["transformers"]) >= 5 and major(versions["pandas"]) >= 3:
        return "today's packages (transformers 5, pandas 3)"
    return "a mixture of eras that was not tested; each shim below is applied only where it is needed"


def methods(checkout: Checkout) -> list[str]:
    """Which methods there are, and where each comes from."""
    host, theirs = checkout.host, checkout.methods()
    known, plugins = names(METHOD_GROUP), names_in_host(host, theirs)
    lines = [f"its own: {', '.join(theirs)}", f"registered by `mia-plugins run`: {', '.join(plugins)}"]
    lines += [f"  {name} from {known[method]}" for name, method in plugins.items()]
    for method in sorted(set(plugins.values())):
        if PREFIX + method in plugins:
            lines.append(f"{host.name} has a method {method} itself, so the plugin is called {PREFIX}{method}")
    return lines


def works(host: Host) -> list[str]:
    """What was tested there and works."""
    lines = [
        f"data sets: {', '.join(host.datasets)}; --data_path is {data_folder(host)}",
        "in-scope metrics, results table",
    ]
    if host.doc:
        lines.append("DOC with OID metrics for in-scope and out-of-scope clips")
    if host.detectors:
        kind = "raw logits" if host.raw_logits else "sigmoid(logits)"
        lines.append(f"detectors ma, vim, msp, maxlogit, energy, residual (maxlogit and energy see {kind})")
    lines += host.extras
    lines.append("testing alone, after --save_model" + (", with an absolute --model_path" if host.common_param else ""))
    return lines


def limits(host: Host, versions: dict[str, str | None]) -> list[str]:
    """What does not work, and what works differently from what one may expect."""
    lines = list(host.notes)
    if host.lists_seeds:
        lines.append("Its script ignores --seed and runs five seeds; `mia-plugins run` obeys --seed, and --seeds.")
    lines.append("Its own methods end in an AttributeError where no epoch has a correct dev clip, on any packages.")
    if major(versions["transformers"]) >= 5:
        lines.append(
            "With the same seed, its own methods start from other random weights than on transformers 4; plugins do not."
        )
    return lines
