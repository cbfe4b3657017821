"""``mia-plugins hosts DIR``: which benchmark is this, with which packages, and what will and won't work here, and why."""

from __future__ import annotations

import argparse
import sys
from importlib import metadata
from typing import Any

from ..facts.detect import Checkout, commit_state, find_host, hidden_packages
from ..facts.host import Host

PACKAGES = ("torch", "transformers", "pandas", "numpy", "scikit-learn", "scipy", "easydict", "tqdm")


def add_parser(subparsers: Any) -> None:
    """Adds the command ``hosts``."""
    parser = subparsers.add_parser(
        "hosts",
        help="say which benchmark a folder holds, and what will and won't work",
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
    missing = [name for name, found in versions.items() if found is None]
    hidden = hidden_packages(checkout)
    mends = [] if {"torch", "transformers", "pandas"} & set(missing) else compat.needed(own=True)
    lines = [
        f"{host.name} at {checkout.folder}",
        f"  {commit_state(checkout)}",
        f"Python {sys.version.split()[0]}: "
        + ", ".join(f"{name} {found or 'missing'}" for name, found in versions.items()),
        f"  {era(versions)}",
    ]
    if missing:
        lines.append(f"  missing: run `{sys.executable} -m pip install {' '.join(missing)}`")
    lines += [f"  hidden by another package of its name: {name}; uninstall that one" for name in hidden]
    lines += ["", "Methods", *(f"  {line}" for line in methods(checkout))]
    lines += [
        "",
        f"With `mia-plugins run` {'nothing is mended' if not mends else 'these breaks are mended, in memory'}:",
    ]
    for mend in mends:
        for_whom = "the benchmark's own methods" if mend.hosts_own else "everything"
        lines.append(f"  {mend.name} ({mend.where}): {mend.why}; {mend.mend}. Needed by {for_whom}.")
    lines += ["", "What works", *(f"  {line}" for line in works(host, versions))]
    lines += ["", "What does not, or works otherwise", *(f"  {line}" for line in limits(host, versions))]
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
        return "packages of the benchmark's own time (transformers 4, pandas 1)"
    if major(versions["transformers"]) >= 5 and major(versions["pandas"]) >= 3:
        return "today's packages (transformers 5, pandas 3)"
    return "a mixture of eras that was not tested; each break below was looked for by itself"


def methods(checkout: Checkout) -> list[str]:
    """Which methods there are, and whose."""
    from ...plugin.registry import METHOD_GROUP, names
    from .register import host_names

    host = checkout.host
    theirs = checkout.methods()
    known = names(METHOD_GROUP)
    ours = [name for name in host_names(host) if name not in theirs]
    kept = [name for name in host_names(host) if name in theirs]
    lines = [f"its own: {', '.join(theirs)}", f"registered by `mia-plugins run`: {', '.join(ours)}"]
    lines += [f"  {name} from {known.get(name) or known[name[:-4]]}" for name in ours]
    if kept:
        lines.append(f"not registered, for {host.name} has its own of that name: {', '.join(kept)}")
    return lines


def works(host: Host, versions: dict[str, str | None]) -> list[str]:
    """What was run and passed."""
    lines = [
        f"data sets: {', '.join(host.datasets)}; --data_path is {data_words(host)}",
        "in-scope metrics, results table",
    ]
    if host.doc:
        lines.append("DOC with OID metrics for in-scope and out-of-scope clips")
    if host.detectors:
        kind = "raw logits" if host.raw_logits else "sigmoid(logits)"
        lines.append(f"detectors ma, vim, msp, maxlogit, energy, residual (maxlogit and energy see {kind})")
    if host.name == "MMOIR":
        lines.append("training with out-of-scope clips by --train_ood (ood_training says how)")
    if host.name == "MIntRec2.0":
        lines.append("training with out-of-scope clips as amess_ood")
    lines.append("testing alone, after --save_model" + (", with an absolute --model_path" if host.common_param else ""))
    return lines


def limits(host: Host, versions: dict[str, str | None]) -> list[str]:
    """What does not work, and what is not as one may think."""
    lines = list(host.notes)
    if host.lists_seeds:
        lines.append("Its script ignores --seed and runs five seeds; `mia-plugins run` obeys --seed, and --seeds.")
    if host.name != "MIntRec":
        gb = {"MMOIR": 45, "MIntRec2.0": 45, "MIntOOD": 9}[host.name]
        lines.append(
            f"Its loader pads in float64, about {gb} GB for all clips; `mia-plugins run --float32` needs a third."
        )
    else:
        lines.append("Its loader pads in float64 and keeps two copies: about 16 GB, 18 at its peak.")
    if host.name == "MIntOOD":
        lines.append("mintood: NaN on transformers 5 by `python run.py`; finite by `mia-plugins run` (meta device).")
        lines.append(
            "Its own methods take MIntRec's video as 1024 wide; for the 256-wide files give --feat_dim video=256."
        )
    lines.append("Its own methods end in an AttributeError where no epoch has a correct dev clip, on any packages.")
    if major(versions["transformers"]) >= 5:
        lines.append(
            "Its own methods start from other random heads than on transformers 4 with the same seed (A-MESS does not)."
        )
    return lines


def data_words(host: Host) -> str:
    """What ``--data_path`` is."""
    from .arguments import data_folder

    return data_folder(host)
