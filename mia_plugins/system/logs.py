"""One log file a command, and the same lines on the terminal."""

from __future__ import annotations

import logging
from pathlib import Path

from tqdm import tqdm

from ..errors import UserError
from .files import make_folder
from .processes import world

logger = logging.getLogger("mia_plugins")


def start_log(folder: Path, log_id: str) -> Path:
    """Logs to a file of its own, and to the terminal without breaking the progress bars.

    Of several processes only the first one does.
    """

    class Terminal(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tqdm.write(self.format(record))

    path = folder / f"{log_id}.log"
    if world().rank:
        logger.setLevel(logging.WARNING)
        return path
    make_folder(folder)
    try:
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); give another --log_path") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    logger.addHandler(Terminal())
    return path
