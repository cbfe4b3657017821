"""``mia-plugins env``: what to paste into a report of an error. Versions and devices; no paths, no names, no keys."""

from __future__ import annotations

import argparse
import os
import platform
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from .. import __version__
from ..errors import UserError, one_line
from ..plugin.registry import DATASET_GROUP, METHOD_GROUP
from .listing import origins

VARIABLES = ("MIA_PLUGINS_CACHE", "HF_HUB_OFFLINE", "HF_HOME", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "WORLD_SIZE")


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parsers of ``mia-plugins``."""
    parser = subparsers.add_parser(
        "env",
        help="what to paste into a report of an error",
        description="Prints versions, devices and installed plugins. Holds no path, no user's or machine's name, and of "
        "environment variables only which are set.",
    )
    parser.set_defaults(action=show)


def show(options: argparse.Namespace) -> None:
    """Prints the report."""
    print("\n".join(f"{name}: {value}" for name, value in report()))


def report() -> list[tuple[str, str]]:
    """What is installed here, in the order of interest."""
    return [
        ("mia-plugins", __version__),
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("system", " ".join([platform.system(), platform.machine(), *platform.libc_ver()]).strip()),
        ("devices", devices()),
        ("packages", ", ".join(f"{name} {version_of(name)}" for name in packages())),
        ("methods", plugins(METHOD_GROUP)),
        ("data sets", plugins(DATASET_GROUP)),
        ("variables that are set", ", ".join(name for name in VARIABLES if os.environ.get(name)) or "none"),
    ]


def devices() -> str:
    """Processors and GPUs, as torch sees them."""
    try:
        import torch

        cpu = f"{os.cpu_count()} CPU cores, {torch.get_num_threads()} threads"
        if not torch.cuda.is_available():
            return f"{cpu}, no GPU"
        names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
        return f"{cpu}, {', '.join(names)} (CUDA {torch.version.cuda})"
    except Exception as error:  # a broken installation is what such a report should tell
        return f"torch cannot be used: {without_paths(one_line(error))}"


def packages() -> list[str]:
    """The packages that this one names as its own needs, those of extras too, without the ones for its tests."""
    try:
        lines = [line for line in requires("mia-plugins") or [] if "extra == 'test'" not in line.replace('"', "'")]
    except PackageNotFoundError:  # run from a bare checkout
        lines = ["torch", "transformers", "sentence-transformers", "numpy", "pandas", "scikit-learn"]
    names = []
    for line in lines:
        name = line
        for mark in "[<>=!~;( ":
            name = name.partition(mark)[0]
        names.append(name)
    return sorted(dict.fromkeys(names))


def version_of(package: str) -> str:
    """Its version, or that it is missing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def plugins(group: str) -> str:
    """The plugins of a group; of those from elsewhere, the package they came with."""
    try:
        found = origins(group)
    except UserError as error:
        return without_paths(one_line(error))
    return ", ".join(name if "built in" in origin else f"{name} ({origin})" for name, origin in found.items())


def without_paths(text: str) -> str:
    """A message without the words that look like paths.

    >>> without_paths("/home/ada/lib.so: no such file")
    '(path) no such file'
    """
    return " ".join("(path)" if "/" in word or "\\" in word else word for word in text.split())
