"""The shared results folder: one JSON file for each finished run, beside the folder with the run's own files."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..system.files import make_folder
from ..system.json_files import Kinds, is_a, read_object, write_json
from .plan import Planned

KEYS: Kinds = {"seed": int, "settings": dict, "metrics": dict, "seconds": float}


class Store:
    """Results by run.

    Args:
        folder: shared by all who work on the plan.
        any_code: also accept results made by other versions of the source.
    """

    def __init__(self, folder: Path, any_code: bool = False) -> None:
        self.folder, self.any_code = folder.resolve(), any_code
        self.runs = make_folder(self.folder / "runs")

    def result(self, run: Planned) -> dict[str, Any] | None:
        """The result of a run with the same settings, data and code; None: there is none yet.

        Raises:
            UserError: its file is damaged.
        """
        exact = self.runs / f"{run.name}.json"
        others = sorted(self.runs.glob(f"{run.name.rpartition('_')[0]}_*.json")) if self.any_code else []
        for path in [exact, *others]:
            try:
                found = read_object(path, KEYS)
            except FileNotFoundError:
                continue
            except UserError as error:
                raise UserError(f"{error}; remove the file, and the run is made again") from error
            if not all(is_a(value, float) for value in found["metrics"].values()):
                raise UserError(f"{path}: 'metrics' should be numbers; remove the file, and the run is made again")
            return found
        return None

    def made_by_other_code(self, run: Planned) -> bool:
        """Whether there is a result with the same settings and data from another version of the source."""
        pattern = f"{run.name.rpartition('_')[0]}_*.json"
        return any(path.stem != run.name for path in self.runs.glob(pattern))

    def started(self, run: Planned) -> bool:
        """Whether a run was started and can be continued."""
        return any((self.runs / run.name).glob("*/resume/config.json"))

    def save(self, run: Planned, record: Mapping[str, Any], folder: Path, seconds: float) -> None:
        """Writes a run's result.

        Args:
            run: of a plan.
            record: its ``run.json``.
            folder: where that is.
            seconds: how long it took.
        """
        write_json(
            self.runs / f"{run.name}.json",
            {
                "method": run.method,
                "dataset": run.dataset,
                "seed": run.seed,
                "ood": run.ood,
                "settings": dict(run.settings),
                "key": run.key,
                "code": run.code,
                "metrics": record["metrics"],
                "cost": record["cost"],
                "text_backbone": run.text_backbone,
                "eval_monitor": run.eval_monitor,
                "folder": folder.resolve().relative_to(self.folder).as_posix(),
                "seconds": round(seconds, 1),
                "finished": time.strftime("%Y-%m-%d %H:%M:%S"),
                "host": socket.gethostname(),
                "device": record["device"],
                "torch": version("torch"),
            },
        )
