"""What makes two runs the same run: digests of their data and of the source code behind them."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import mia_plugins

from ..data.adapter import Adapter, find_features, find_scope
from ..plugin.method import Method
from ..system.digests import digest, file_digest

# parts of this package that no result depends on: they may change without repeating a run
WITHOUT_EFFECT = {"reproduce", "report", "hosts", "demo", "methods", "configs", "data_adapters"}
WITHOUT_EFFECT |= {"cli.py", "__main__.py", "options.py", "tuning.py", "logs.py"}


def data_digest(adapter: Adapter, data_path: Path, ood: bool, options: Any) -> str:
    """A digest of the tables and feature files that a run reads.

    Args:
        adapter: the data set.
        data_path: as given.
        ood: out-of-scope clips are read too.
        options: the run's; reads ``ood_dataset``, ``video_feats``, ``audio_feats`` and their paths.

    Raises:
        UserError: the data set is not there.
    """
    folders = [find_scope(adapter, data_path, None).folder]
    if ood:
        folders.append(find_scope(adapter, data_path, options.ood_dataset or adapter.ood_dataset).folder)
    files = [folder / f"{split}.tsv" for folder in folders for split in ("train", "dev", "test")]
    for subfolder, known, wanted in (
        (options.video_data_path, adapter.video_files, options.video_feats),
        (options.audio_data_path, adapter.audio_files, options.audio_feats),
    ):
        files += find_features(known, [folder / subfolder for folder in folders], wanted)
    return digest([file_digest(path) for path in files if path.is_file()])


def code_digest(method: Method) -> str:
    """A digest of the source that a result of the method depends on: the core, the adapters, the method's package."""
    core = Path(mia_plugins.__file__).parent
    files = [path for path in sources(core) if path.relative_to(core).parts[0] not in WITHOUT_EFFECT]
    adapters = Path(import_module("mia_plugins.data_adapters.mintrec2").__file__ or "").parents[1]
    own = Path(sys.modules[method.settings.__module__].__file__ or "").parent
    found = [("core", core, files), ("adapters", adapters, sources(adapters)), ("method", own, sources(own))]
    return digest(
        [
            (name, path.relative_to(root).as_posix(), hashlib.sha256(text(path)).hexdigest())
            for name, root, paths in found
            for path in paths
        ]
    )


def sources(folder: Path) -> Iterable[Path]:
    """A folder's source files, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".json") and path.is_file())


def text(path: Path) -> bytes:
    """A source file, whatever its line ends."""
    return path.read_bytes().replace(b"\r\n", b"\n")
