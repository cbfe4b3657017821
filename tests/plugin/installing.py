"""Installing a package as a user would, into a folder of its own."""

import os
import shutil
import subprocess
import sys


def install(target, *packages):
    """pip-installs folders into a target folder, offline; returns the environment that sees them."""
    sources = []
    for number, package in enumerate(packages):
        sources.append(target.parent / f"source_{number}")
        # the build must not write into the checkout
        shutil.copytree(package, sources[-1], ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target"]
    subprocess.run([*command, target, *sources], check=True)
    return {**os.environ, "PYTHONPATH": str(target)}
