"""A folder as a data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError, short
from ...system.untrusted import is_regular
from ..dataset import DataRequest, Outline
from .annotations import DESCRIPTIONS, read_annotations
from .config import CONFIG, FolderConfig, read_config
from .features import find_files
from .splits import find_tables

if TYPE_CHECKING:
    from ..clips import Clips, LoadedData


class Folder:
    """A folder of one's own, a :class:`~mia_plugins.data.dataset.DataSet`.

    Args:
        folder: the folder; another ``--data_path`` may hold the clips, with a configuration of its own.

    Raises:
        UserError: there is no such folder, or its ``dataset.toml`` is wrong.
    """

    ood_dataset = ""
    code: tuple[Any, ...] = ()  # all of it is in the core

    def __init__(self, folder: str | Path) -> None:
        if not Path(folder).is_dir():
            raise UserError(f"{folder}: is no folder; correct the path")
        self.data_path = str(folder)
        config = read_config(Path(folder))
        self.name, self.max_lengths = config.name, config.max_lengths

    def outline(self, request: DataRequest) -> Outline:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        check_request(request)
        found = read_annotations(*place_of(request))
        return Outline(self.name, found.target.labels, found.target.problem, found.descriptions)

    def files(self, request: DataRequest) -> list[Path]:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        folder, config = place_of(request)
        paths = [*find_tables(folder, config).values(), config.path, folder / (config.descriptions or DESCRIPTIONS)]
        features = find_files(folder, config, request).values()
        return [path for path in paths if is_regular(path)] + [path for path in features if path is not None]

    def read(self, request: DataRequest) -> LoadedData:
        """See :class:`~mia_plugins.data.dataset.DataSet`."""
        from .clips import read_clips  # here, so that a list of data sets starts at once

        check_request(request)
        return read_clips(*place_of(request), request, self.max_lengths)

    def read_unlabelled(self, request: DataRequest, max_lengths: Mapping[str, int]) -> Clips:
        """See :class:`~mia_plugins.data.dataset.DataSet`; where no table or column tells the splits, all clips."""
        from .clips import read_unlabelled

        check_request(request)
        return read_unlabelled(*place_of(request), request, max_lengths)


def place_of(request: DataRequest) -> tuple[Path, FolderConfig]:
    """The folder that a request names, and its configuration."""
    folder = Path(request.data_path)
    if not folder.is_dir():
        raise UserError(f"data_path {folder}: is no folder; correct it")
    return folder, read_config(folder)


def check_request(request: DataRequest) -> None:
    """Refuses options that a folder does not have.

    Raises:
        UserError: coarse labels or another set as out of scope are asked for.
    """
    if request.data_mode != "multi-class":
        raise UserError(
            f"data_mode {request.data_mode}: a folder has no coarse labels; write them into its label column"
        )
    if request.ood_dataset:
        raise UserError(
            f"ood_dataset {short(request.ood_dataset)!r}: a folder's out-of-scope clips are those with its "
            f"out_of_scope label ({CONFIG}); leave the option out"
        )
