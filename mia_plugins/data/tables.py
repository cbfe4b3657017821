"""Tab-separated annotation tables, read as the benchmarks read them, but with errors that name the row."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import UserError


class Row(NamedTuple):
    """One clip's cells, and the line of the file they are in, counted from 1 (the header is line 1)."""

    number: int
    cells: list[str]


def read_table(path: str | os.PathLike[str], columns: int) -> list[Row]:
    """Read the rows below the header; blank lines are skipped.

    Args:
        path: a UTF-8 file, with or without a byte-order mark.
        columns: how many columns the data set needs at least.

    Raises:
        UserError: the file is missing, empty or unreadable, or a row is not like the header.
    """
    lines = _lines(path)
    reader = csv.reader(lines, delimiter="\t")  # default quoting, as in the benchmarks
    header: list[str] | None = None
    rows: list[Row] = []
    number = 1
    try:
        for cells in reader:
            if reader.line_num > number:
                raise UserError(f"{path}, row {number}: a quoted text runs over several lines; remove the stray quote")
            if header is None:
                header = cells
                if len(header) < columns:
                    raise UserError(
                        f"{path}, row 1: the header has {len(header)} columns, not {columns} or more; "
                        "check that the columns are separated by tabs"
                    )
            elif cells:
                if len(cells) != len(header):
                    raise UserError(
                        f"{path}, row {number}: {len(cells)} columns where the header has {len(header)}; "
                        "correct the tabs of this row"
                    )
                rows.append(Row(number, cells))
            number = reader.line_num + 1
    except csv.Error as error:
        raise UserError(f"{path}, row {number}: {error}; correct or remove this row") from None
    if not rows:
        raise UserError(f"{path}: holds no clips; copy the file again, or leave this split out")
    return rows


def _lines(path: str | os.PathLike[str]) -> Iterator[str]:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}); check the path and its rights") from None
    for number, line in enumerate(content.splitlines(keepends=True), start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise UserError(f"{path}, row {number}: not UTF-8 text; save the file as UTF-8") from None
