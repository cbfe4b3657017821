"""Tab-separated annotation tables, read as the benchmarks read them, but with errors that name the row."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import UserError
from ..system.untrusted import read_bytes
from .faults import fault

_LARGEST = 1 << 28  # bytes: more than a million clips, and reading takes several times as much memory
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all but tab and line ends


class Row(NamedTuple):
    """One clip's cells, and the line of the file they are in, counted from 1 (the header is line 1)."""

    number: int
    cells: list[str]


def read_table(
    path: str | os.PathLike[str], columns: int, is_clip: Callable[[Sequence[str]], bool] | None = None
) -> list[Row]:
    """Read the rows below the header; blank lines are skipped.

    Args:
        path: a UTF-8 file, with or without a byte-order mark.
        columns: how many columns the data set needs at least.
        is_clip: cells -> whether they can only be those of a clip, which shows that a table lacks its header.

    Raises:
        UserError: the file is missing, empty, unreadable or not a regular file, or its header or a row is wrong.
    """
    reader = csv.reader(
        _lines(path), delimiter="\t"
    )  # default quoting, as the benchmarks read keys and labels; see docs/hosts.md
    header: list[str] | None = None
    rows: list[Row] = []
    number = 1
    try:
        for cells in reader:
            if reader.line_num > number:
                where = f"{path}, row {number}"
                fault("quotes", where, f"{where}: a quoted text runs over several lines; remove the stray quote")
            elif header is None:
                header = cells
                _check_header(path, header, columns, is_clip)
            elif cells:
                if len(cells) == len(header):
                    rows.append(Row(number, cells))
                else:
                    where, wrong = f"{path}, row {number}", f"{len(cells)} columns where the header has {len(header)}"
                    fault("columns", where, f"{where}: {wrong}; correct the tabs of this row")
            number = reader.line_num + 1
    except csv.Error as error:
        where = f"{path}, row {number}"
        fault("unreadable", where, f"{where}: {error}; correct or remove this row")
    if not rows:
        fault("no clips", path, f"{path}: holds no clips; copy the file again, or leave this split out")
    return rows


def _check_header(
    path: str | os.PathLike[str],
    header: Sequence[str],
    columns: int,
    is_clip: Callable[[Sequence[str]], bool] | None,
) -> None:
    if len(header) < columns:
        raise UserError(
            f"{path}, row 1: the header has {len(header)} columns, not {columns} or more; "
            "check that the columns are separated by tabs"
        )
    if is_clip is not None and is_clip(header):
        raise UserError(
            f"{path}, row 1: a clip where the columns' names should be; put the header above it, or it is not read"
        )


def _lines(path: str | os.PathLike[str]) -> Iterator[str]:
    """The lines with their ends, checked."""
    for number, line in enumerate(read_bytes(Path(path), _LARGEST).splitlines(keepends=True), start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            where = f"{path}, row {number}"
            fault("not UTF-8", where, f"{where}: not UTF-8 text; save the file as UTF-8")
            text = "\n"  # an empty row
        control = _CONTROL.search(text)
        if control:
            where = f"{path}, row {number}"
            fault("control characters", where, f"{where}: holds the control character {control[0]!r}; remove it")
            text = "\n"
        yield text
