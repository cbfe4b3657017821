"""What may lie where the results table should be: refused and left as it is, or a table that keeps every row."""

import csv
import os

import pytest
from reliability.attack import attempt, expect, refused

from mia_plugins.runs.results import append_row, check_table

ROW = {"acc": 50.0, "seed": 1, "note": 'naïve, "quoted"\nand broken'}
WRONG = {
    "latin-1": b"acc,note\n1,\xe9\n",
    "UTF-16": "acc,note\n1,x\n".encode("utf-16"),
    "UTF-16 with tabs": "acc\tnote\n1\tx\n".encode("utf-16"),
    "UTF-16 without a mark": "acc,note\n1,x\n".encode("utf-16-le"),
    "cp1252": "acc,note\n1,\u201cx\u201d\n".encode("cp1252"),
    "semicolons": b"acc;note\n1;x\n",
    "semicolons, byte-order mark": b"\xef\xbb\xbfacc;note\r\n1,5;x\r\n",
    "tabs": b"acc\tnote\n1\tx\n",
    "binary": bytes(range(256)),
    "NUL": b"acc,note\n1,\0\n",
    "a cell of 300 kB": b"acc,note\n1," + b"x" * 300_000 + b"\n",
    "a row too long": b"acc,note\n1,2,3\n",
    "a row too short": b"acc,note\n1\n",
    "zip": b"PK\3\4" + bytes(200),
    "Excel": b"\xd0\xcf\x11\xe0" + bytes(200),
    "folder": None,
    "fifo": "fifo",
    "device": "device",
    "loop": "loop",
    "socket": "socket",
}
RIGHT = {
    "none": "gone",
    "empty": b"",
    "header alone": b"acc,note\n",
    "other columns": b"colour\nred\n",
    "byte-order mark": b"\xef\xbb\xbfacc,note\n1,x\n",
    "CRLF": b"acc,note\r\n1,x\r\n",
    "no last line end": b"acc,note\n1,x",
    "blank lines": b"acc,note\n\n1,x\n\n",
    "quoted line end": b'acc,note\n1,"a\nb"\n',
    "not ASCII": "acc,note\n1,日本\n".encode(),
}


def place(path, content):
    if content is None:
        path.mkdir()
    elif content == "fifo":
        os.mkfifo(path)
    elif content == "device":
        path.symlink_to("/dev/zero")
    elif content == "loop":
        path.symlink_to(path)
    elif content == "socket":
        import socket

        os.chdir(path.parent)
        socket.socket(socket.AF_UNIX).bind(path.name)
    elif content != "gone":
        path.write_bytes(content)


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("use", [check_table, lambda path: append_row(path, ROW)], ids=["before", "after"])
def test_wrong(tmp_path, monkeypatch, name, use):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "results.csv"
    place(path, WRONG[name])
    before = path.read_bytes() if path.is_file() and not path.is_symlink() else None
    refused("results tables: wrong", lambda: use(path), "results.csv", "--results_")
    if before is not None:
        expect("results tables: wrong", path.read_bytes() == before, "the table was changed")
    names = {each.name for each in tmp_path.iterdir()} - {"results.csv", "results.csv.lock"}
    expect("results tables: wrong", not names, f"left behind: {names}")


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("linked", [False, True])
def test_right(tmp_path, name, linked):
    real = tmp_path / "real" / "results.csv"
    real.parent.mkdir()
    place(real, RIGHT[name])
    before = read(real)
    path = tmp_path / "results.csv" if linked else real
    if linked:
        path.symlink_to(real)
    attempt("results tables: right", lambda: (check_table(path), append_row(path, ROW)))
    expect("results tables: right", not linked or path.is_symlink(), "the link was replaced by a file")
    rows = read(real)
    expect("results tables: right", len(rows) == len(before) + 1, f"{len(before)} rows became {len(rows)}")
    kept = [{key: row[key] for key in old} for old, row in zip(before, rows)]
    expect("results tables: right", kept == before, "an old row was changed")
    expect("results tables: right", rows[-1]["note"] == ROW["note"], "the new row is not what was given")


def read(path):
    if not path.exists():
        return []
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
