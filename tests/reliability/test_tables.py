"""Tables of clips that are damaged, saved by another program, or leak: refused by file and row, or in the record."""

import json
import os
import shutil

import pytest
from reliability.attack import attempt, expect, refused
from reliability.test_results_table import place

import mia_plugins
from mia_plugins.runs.options import make_options
from mia_plugins.runs.session import check_options, open_session


def lines(change):
    """Changes the lines of a table."""

    def edited(path):
        text = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(change(text) or text), encoding="utf-8", newline="")

    return edited


def saved_as(encoding, separator="\t", line_end="\n"):
    """The table as a spreadsheet saves it, with a text that is not ASCII in it."""

    def edited(path):
        text = path.read_text(encoding="utf-8").replace("\tThe", "\tThé").replace("\t", separator)
        head, first, *rest = text.splitlines()
        text = line_end.join([head, first.replace(" ", " “naïve” ", 1), *rest, ""])
        path.write_bytes(text.encode(encoding))

    return edited


def content(what):
    def edited(path):
        path.unlink()
        place(path, what)

    return edited


def cell(row, column, value):
    """Another value in a cell; rows and columns count from 1."""

    def change(text):
        cells = text[row - 1].rstrip("\n").split("\t")
        cells[column - 1] = value(cells[column - 1]) if callable(value) else value
        text[row - 1] = "\t".join(cells) + "\n"

    return lines(change)


def another_label(text):
    cells = text[1].split("\t")
    cells[3] = text[5].split("\t")[3]
    return [*text, "\t".join(cells)]


WRONG = {
    "no header": (lines(lambda text: text[1:]), "row 1: a clip where the columns' names should be"),
    "header twice": (lines(lambda text: [text[0], *text]), "row 2: unknown label 'Label'"),
    "a clip twice": (lines(lambda text: [*text, text[1]]), "rows 2 and 62: both are clip dia"),
    "a clip with two labels": (lines(another_label), "once as "),
    "a label with a space": (cell(3, 4, lambda label: label + " "), "row 3: unknown label"),
    "no label": (cell(3, 4, ""), "row 3: unknown label ''"),
    "out of scope": (cell(3, 4, "UNK"), "row 3: label UNK in an in-scope table"),
    "NUL": (cell(4, 3, "no\0pe"), "row 4: holds the control character"),
    "escape": (cell(4, 3, "\x1b[31mred"), "row 4: holds the control character"),
    "form feed": (cell(4, 3, "a\fb"), "row 4: holds the control character"),
    "a stray quote": (cell(4, 3, '"open'), "row 4"),
    "a tab in a text": (cell(4, 3, "a\tb"), "row 4: 9 columns where the header has 8"),
    "a short row": (lines(lambda text: [*text, "1\t2\n"]), "row 62: 2 columns"),
    "a long cell": (cell(4, 3, "x" * 200_000), "row 4"),
    "a clip without features": (cell(5, 1, "777777"), "row 5"),
    "UTF-16": (saved_as("utf-16"), "row 1: not UTF-8 text; save the file as UTF-8"),
    "cp1252": (saved_as("cp1252"), "row 2: not UTF-8 text"),
    "semicolons": (saved_as("utf-8", ";"), "row 1: the header has 1 columns"),
    "commas": (saved_as("utf-8-sig", ",", "\r\n"), "row 1: the header has 1 columns"),
    "empty": (content(b""), "holds no clips"),
    "binary": (content(bytes(range(256))), "row 1"),
    "zip": (content(b"PK\3\4" + bytes(200)), "row 1"),
    **{what: (content(None if what == "folder" else what), "") for what in ("folder", "fifo", "device", "loop", "gone")},
}  # fmt: skip
RIGHT = {
    "byte-order mark": saved_as("utf-8-sig"),
    "CRLF": saved_as("utf-8", "\t", "\r\n"),
    "mark and CRLF": saved_as("utf-8-sig", "\t", "\r\n"),
    "blank lines": lines(lambda text: [text[0], "\n", *text[1:], "\n\n"]),
    "no last line end": lines(lambda text: [*text[:-1], text[-1].rstrip("\n")]),
    "a text of the other way of writing": cell(3, 3, "\u202e日本 é\u0301 😀"),
}


@pytest.fixture
def read(data, backbone, tmp_path):
    """Reads the data after ``change(path of a split's table)``, as a run does."""
    root = shutil.copytree(data, tmp_path / "data")

    def read(change, split="train"):
        change(root / "MIntRec2.0" / "in-scope" / f"{split}.tsv")
        options = {"method": "text", "data_path": str(root), "text_backbone": str(backbone), "train": True}
        return open_session(check_options(make_options(options))).data

    return read


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("split", ["train", "test"])
def test_wrong(read, name, split):
    change, told = WRONG[name]
    message = refused("tables of clips: wrong", lambda: read(change, split), told)
    named = name in ("folder", "gone", "loop", "fifo", "device") or f"{split}.tsv" in message
    expect("tables of clips: wrong", named, f"{message} does not name the table")


@pytest.mark.parametrize("name", RIGHT)
def test_right(read, name):
    data = attempt("tables of clips: right", lambda: read(RIGHT[name])).value
    expect("tables of clips: right", data is not None and len(data.splits["train"]) == 60, "clips are lost")
    expect("tables of clips: right", not any("\ufeff" in text for text in data.splits["train"].texts), "a mark is read")


@pytest.mark.parametrize("pair", [("train", "test"), ("train", "dev"), ("dev", "test")])
def test_a_leak_is_in_the_log_and_in_the_record(data, backbone, tmp_path, monkeypatch, pair):
    kind, root = "tables of clips: leaks", shutil.copytree(data, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    scope = root / "MIntRec2.0" / "in-scope"
    first, second = (scope / f"{split}.tsv" for split in pair)
    leaked = first.read_text(encoding="utf-8").splitlines(keepends=True)[3]
    second.write_text(second.read_text(encoding="utf-8") + leaked, encoding="utf-8")
    for path in scope.glob("*_data/*.pkl"):
        assert path.is_file()  # the features of both splits are in one file
    options = {"data_path": str(root), "text_backbone": str(backbone), "train": True, "set": {"num_train_epochs": 1}}
    ending = attempt(kind, lambda: mia_plugins.run(method="text", **options))
    expect(kind, ending.value is not None, str(ending.message))
    record = json.loads((ending.value.runs[0].folder / "run.json").read_text())
    told = f"1 clip is both in {pair[0]} and in {pair[1]}, such as {first}, row 4 and {second}, row 62"
    expect(kind, len(record["warnings"]) == 1 and told in record["warnings"][0], f"recorded {record['warnings']}")
    expect(kind, f"warning: {told}" in ending.printed, "the terminal does not say so")


def test_without_a_leak_nothing_is_warned_of(read):
    data = attempt("tables of clips: leaks", lambda: read(lambda path: os.utime(path))).value
    expect("tables of clips: leaks", data.warnings == (), f"warned of {data.warnings}")
