"""Finding a data set's tables and feature files on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UserError
from ..system.untrusted import is_regular
from .dataset import DataRequest
from .store.sources import feature_files

if TYPE_CHECKING:
    from .adapter import Adapter


class Scope(NamedTuple):
    """Where a scope's features and, in ``subfolder`` of that, tables are.

    ``mixed``: the other scope's rows are in the same tables.
    """

    folder: Path
    mixed: bool
    subfolder: str = ""

    @property
    def tables(self) -> Path:
        """The folder of the tables."""
        return self.folder / self.subfolder


def find_scope(adapter: Adapter, data_path: Path, ood_dataset: str | None) -> Scope:
    """Find the folder of the in-scope tables, or, with ``ood_dataset``, of the tables of that out-of-scope set.

    Raises:
        UserError: none of the places holds a train.tsv, dev.tsv or test.tsv, or the user may not look into one.
    """
    _check_text("data_path", str(data_path))
    _check_text("ood_dataset", ood_dataset or "")
    if ood_dataset is not None and leaves_folder(ood_dataset):
        raise UserError(f"ood_dataset {ood_dataset!r}: not a folder's name; give one such as {adapter.ood_dataset}")
    patterns = adapter.in_scope if ood_dataset is None else adapter.out_of_scope
    separate = [data_path / pattern.format(ood_dataset=ood_dataset) for pattern in patterns]
    mixed = [data_path / pattern for pattern in adapter.total if ood_dataset in (None, adapter.ood_dataset)]
    subfolder = adapter.tables if ood_dataset is None else ""
    scopes = [*(Scope(folder, False, subfolder) for folder in separate), *(Scope(folder, True) for folder in mixed)]
    for scope in scopes:
        if any(is_regular(scope.tables / f"{split}.tsv") for split in ("train", "dev", "test")):
            return scope
    wanted = "in-scope" if ood_dataset is None else f"out-of-scope ({ood_dataset})"
    state = "" if data_path.is_dir() else " (no such folder)"
    places = ", ".join(str(scope.tables) for scope in scopes)
    raise UserError(
        f"data_path {data_path}{state}: no {wanted} tables of {adapter.name}; looked for train.tsv, dev.tsv and "
        f"test.tsv in {places}; correct --data_path{' or --ood_dataset' if ood_dataset else ''}"
    )


def files_of(adapter: Adapter, request: DataRequest) -> list[Path]:
    """The tables that are there, and the feature files or folders of such that a run reads.

    Raises:
        UserError: the data set is not there.
    """
    data_path = Path(request.data_path)
    scopes = [find_scope(adapter, data_path, None)]
    if request.train_ood or request.test_ood:
        scopes.append(find_scope(adapter, data_path, request.ood_dataset or adapter.ood_dataset))
    folders = [scope.folder for scope in scopes]
    tables = [scope.tables / f"{split}.tsv" for scope in scopes for split in ("train", "dev", "test")]
    files = [table for table in tables if is_regular(table)]
    for subfolder, known, wanted in (
        (request.video_data_path, adapter.video_files, request.video_feats),
        (request.audio_data_path, adapter.audio_files, request.audio_feats),
    ):
        files += find_features(known, [folder / subfolder for folder in folders], wanted)
    return files


def find_features(files: Mapping[str, tuple[str, ...]], folders: Sequence[Path], wanted: str | None) -> list[Path]:
    """Find one kind of features in every folder: two kinds may have the same width and still not mix.

    Args:
        files: an adapter's ``video_files`` or ``audio_files``.
        folders: the feature folder of each scope.
        wanted: a name of ``files``, or the name of a file or folder inside the folders; None: the first kind that all
            folders have.

    Returns:
        The file in each folder; where there is none, a folder of feature files of the same name, or of the same name
        without its ending: ``swin_feats/`` for ``swin_feats.pkl``.

    Raises:
        UserError: no kind is in all folders, ``wanted`` leads out of them, or the user may not look into one.
    """
    _check_text("features", wanted or "")
    if wanted is None:
        kinds = list(files.values())
    elif wanted in files:
        kinds = [files[wanted]]
    elif leaves_folder(wanted):
        raise UserError(f"features {wanted!r}: not in the data set's folder; give a file's name or {', '.join(files)}")
    else:
        kinds = [(wanted,)]
    for names in kinds:
        paths = [path for path in (_features_in(folder, names) for folder in folders) if path is not None]
        if len(paths) == len(folders):
            return paths
    known = "; ".join(f"{kind}: {' or '.join(names)}" for kind, names in files.items())
    raise UserError(
        f"{', '.join(map(str, folders))}: no {' or '.join(name for names in kinds for name in names)} in "
        f"{'every one of these folders' if len(folders) > 1 else 'this folder'}; put the features there, "
        f"or choose them with --video_feats and --audio_feats ({known})"
    )


def _features_in(folder: Path, names: Sequence[str]) -> Path | None:
    """The first of these files, or else of the folders called like them."""
    for name in names:
        if is_regular(folder / name):
            return folder / name
    for name in names:
        for path in (folder / name, folder / os.path.splitext(name)[0]):
            if os.path.isdir(path) and feature_files(path):
                return path
    return None


def _check_text(option: str, value: str) -> None:
    """Refuse a name that is not UTF-8: it could not be written to logs and records."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UserError(f"{option} {ascii(value)}: the name is not UTF-8; rename it") from None


def leaves_folder(name: str) -> bool:
    """Whether a path given as a name is absolute or goes up, on any system.

    >>> [leaves_folder(name) for name in ("a.pkl", "sub/a.pkl", "../a.pkl", "/a.pkl", "C:a.pkl", "sub\\\\..\\\\a.pkl")]
    [False, False, True, True, True, True]
    """
    path = PureWindowsPath(name)  # knows both separators and drives
    return bool(path.anchor) or ".." in path.parts
