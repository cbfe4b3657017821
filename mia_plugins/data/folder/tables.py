"""Reading a table of any usual format: CSV, TSV, JSON lines or Parquet, as people and spreadsheets write them."""

from __future__ import annotations

import csv
import io
import json
import math
import numbers
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import UserError, short
from ...system.untrusted import check_regular, read_bytes
from ..faults import fault

LARGEST = 1 << 28  # bytes: more than a million clips
_MOST_CELL = 1 << 20  # characters


class Row(NamedTuple):
    """A clip: where it stands, for messages (``train.csv, row 12``), and its cells by column.

    Numbers and lists are kept as such where the format has them; texts are without spaces around them.
    """

    where: str
    cells: dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    """The rows of a table; rows without a single value are skipped.

    Raises:
        UserError: the file cannot be read, or a row is wrong.
    """
    rows = [
        row
        for row in READERS[path.suffix.lower()](path)
        if any(value not in ("", None) for value in row.cells.values())
    ]
    if not rows:
        raise UserError(f"{path}: holds no clips; copy the file again, or take it out of the folder")
    return rows


def _read_delimited(path: Path) -> Iterator[Row]:
    text = _text(path)
    header_line = text.partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    number = 1
    try:
        for cells in reader:
            stripped = [" ".join(cell.split()) for cell in cells]
            if not any(stripped):
                pass
            elif header is None:
                header = stripped
                while not header[-1]:  # spreadsheets write delimiters behind the last column
                    header.pop()
            else:
                row = _by_column(path, number, header, stripped)
                if row:
                    yield Row(f"{path}, row {number}", row)
            number = reader.line_num + 1
    except csv.Error as error:
        raise UserError(f"{path}, row {number}: {error}; correct the quotes or remove this row") from None


def _by_column(path: Path, number: int, header: list[str], cells: list[str]) -> dict[str, Any]:
    while len(cells) > len(header) and not cells[-1]:
        cells.pop()
    if len(cells) != len(header):
        where, seen = f"{path}, row {number}", f"{len(cells)} columns where the header has {len(header)}"
        fault("columns", where, f"{where}: {seen}; correct the delimiters of this row, or put quotes around its text")
        return {}
    return {name: cell for name, cell in zip(header, cells) if name}


def _read_json_lines(path: Path) -> Iterator[Row]:
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}, row {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            fault("not JSON", where, f"{where}: is not JSON; write one object a line")
            continue
        if not isinstance(value, dict):
            fault("not JSON", where, f"{where}: is not an object; write one object a line")
            continue
        yield Row(where, {" ".join(name.split()): _plain(cell) for name, cell in value.items()})


def _read_parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise UserError(f"{path}: reading Parquet needs pyarrow; pip install 'mia-plugins[parquet]'") from None
    check_regular(path, LARGEST)
    try:
        table = parquet.read_table(path).to_pylist()
    except Exception as error:  # broken bytes raise almost anything
        raise UserError(f"{path}: cannot be read ({short(' '.join(str(error).split()))}); write it again") from None
    for number, cells in enumerate(table, start=1):
        yield Row(f"{path}, row {number}", {name: _plain(cell) for name, cell in cells.items()})


def _plain(cell: Any) -> Any:
    """A cell with its texts stripped; a number that is none is no value."""
    if isinstance(cell, (list, tuple)):
        return [_plain(each) for each in cell]
    if isinstance(cell, bool):
        return int(cell)
    if cell is None or isinstance(cell, numbers.Real):
        return None if cell is None or math.isnan(cell) else cell
    return " ".join(str(cell)[:_MOST_CELL].split())


def _text(path: Path) -> str:
    raw = read_bytes(path, LARGEST)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError(f"{path}: is UTF-16 text; save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}, row {row}: not UTF-8 text; save the file as UTF-8") from None
    if "\0" in text:
        raise UserError(f"{path}, row {text.count(chr(10), 0, text.index(chr(0))) + 1}: holds a NUL byte; remove it")
    return text


READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".csv": _read_delimited,
    ".tsv": _read_delimited,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
}
