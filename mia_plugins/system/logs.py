"""One log file per command, with the important lines on the terminal too."""

from __future__ import annotations

import functools
import logging
import sys
from pathlib import Path
from typing import Any

from ..errors import UserError
from .files import make_folder, reason
from .processes import world

logger = logging.getLogger("mia_plugins")


@functools.cache
def say_once(text: str) -> None:
    """Logs a line, but not again in this process."""
    logger.info(text)


class Terminal(logging.Handler):
    """Writes lines to standard output without breaking the progress bars."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        text = self.format(record)
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        tqdm.write(text.encode(encoding, "backslashreplace").decode(encoding))


class LogFile(logging.FileHandler):
    """A log file that, on a full disk, says so once instead of filling the terminal with tracebacks."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's own name)
        logger.removeHandler(self)
        logger.warning("%s: cannot be written any more; the log goes on here", self.baseFilename)


def start_log(folder: Path, log_id: str, verbose: bool = False) -> Path:
    """Begins a command's log; with several processes only the first has one.

    Args:
        folder: for log files.
        log_id: the file's name; a number is added if the name is taken.
        verbose: show details (level DEBUG) on the terminal too; the file always has them.

    Returns:
        The log file.

    Raises:
        UserError: it cannot be written.
    """
    if world().rank:
        logger.setLevel(logging.WARNING)
        return folder / f"{log_id}.log"
    make_folder(folder)
    path, file = new_file(folder, log_id)
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    terminal = Terminal(logging.DEBUG if verbose else logging.INFO)
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(file)
    logger.addHandler(terminal)
    return path


def new_file(folder: Path, log_id: str) -> tuple[Path, Any]:
    """A log file that no other command has, and its handler."""
    number = 1
    while True:
        path = folder / f"{log_id}{f'-{number}' if number > 1 else ''}.log"
        try:
            return path, LogFile(path, mode="x", encoding="utf-8", errors="backslashreplace")
        except FileExistsError:  # begun in the same second
            number += 1
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: cannot be written ({reason(error)}); give another --log_path") from error
