import csv
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mia_plugins.data.tables import Row, read_table

HEADER = "season\tepisode\tclip\ttext\tlabel\n"


@pytest.fixture
def write(tmp_path):
    def dump(content):
        path = tmp_path / "train.tsv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return dump


def test_rows_carry_their_line(write):
    path = write(HEADER + "S05\tE15\t1\tthat's good.\tPraise\n\nS05\tE15\t2\tno\tOppose")
    assert read_table(path, 5) == [
        Row(2, ["S05", "E15", "1", "that's good.", "Praise"]),
        Row(4, ["S05", "E15", "2", "no", "Oppose"]),
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark(write, line_end, mark):
    content = (HEADER + "S05\tE15\t1\tdéjà vu\tPraise\n").replace("\n", line_end)
    assert read_table(write(mark + content.encode()), 5)[0].cells[3] == "déjà vu"


def test_the_mark_is_not_part_of_the_header(write):
    path = write(b"\xef\xbb\xbf" + b"a\tb\n1\t2\n")
    assert read_table(path, 2) == [Row(2, ["1", "2"])]


def test_quotes_as_the_csv_module_writes_them(write):
    path = write(HEADER + 'S05\tE15\t1\t"she said ""no"", twice"\tPraise\nS05\tE15\t2\t5" tall\tPraise\n')
    assert [row.cells[3] for row in read_table(path, 5)] == ['she said "no", twice', '5" tall']


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEADER + "S05\tE15\t1\ttext\tPraise\nS05\tE15\t2\ttext\n", ["row 3", "4 columns", "5"]),
        (HEADER + "S05\tE15\t1\ttext\twith a tab\tPraise\n", ["row 2", "6 columns", "5"]),
        (HEADER + "\n\n\nS05\n", ["row 5", "1 columns"]),
        (HEADER + 'S05\tE15\t1\t"text\tPraise\nS05\tE15\t2\ttext\tPraise\n', ["row 2", "quote"]),
        (HEADER + "S05\tE15\t1\ttext\tPraise\n" + 'S05\tE15\t2\t"text\tPraise\n', ["row 3"]),
        (HEADER + "S05\tE15\t1\t" + "x" * 140_000 + "\tPraise\n", ["row 2", "field"]),
        ("season,episode,clip,text,label\nS05,E15,1,text,Praise\n", ["row 1", "1 columns", "tabs"]),
        ("\n" + HEADER, ["row 1", "0 columns"]),
        ("", ["no clips"]),
        (HEADER, ["no clips"]),
        (HEADER + "S05\tE15\t1\tok\tPraise\nS05\tE15\t2\tno\0pe\tPraise\n", ["row 3", "control character '\\x00'"]),
        (HEADER + "S05\tE15\t1\t\x1b[31mred\tPraise\n", ["row 2", "control character '\\x1b'"]),
        (HEADER + "S05\tE15\t1\tok\tPra\x7fise\n", ["row 2", "control character '\\x7f'"]),
        ("season\tepisode\0\tclip\ttext\tlabel\n", ["row 1", "control character"]),
        (HEADER.encode() + b"S05\tE15\t1\tok\tPraise\nS05\tE15\t2\tit\x92s\tPraise\n", ["row 3", "UTF-8"]),
        ((HEADER + "S05\tE15\t1\tok\tPraise\n").encode("utf-16"), ["row 1", "UTF-8"]),
    ],
)
def test_errors_name_file_and_row(write, user_error, content, words):
    path = write(content)
    with user_error(path, *words):
        read_table(path, 5)


def test_a_table_without_its_header(write, user_error):
    clip = "S05\tE15\t1\ttext\tPraise\n"
    path = write(clip + clip)
    assert len(read_table(path, 5)) == 1  # nothing is known of labels here
    with user_error(path, "row 1", "header"):
        read_table(path, 5, is_clip=lambda cells: cells[4] == "Praise")
    assert len(read_table(write(HEADER + clip), 5, is_clip=lambda cells: cells[4] == "Praise")) == 1


def test_missing_file_and_folder(tmp_path, user_error):
    with user_error("none.tsv", "cannot be read"):
        read_table(tmp_path / "none.tsv", 5)
    with user_error(tmp_path, "it is a folder"):
        read_table(tmp_path, 5)


@pytest.mark.parametrize("target", ["FIFO", "/dev/zero"])
def test_what_never_ends_is_not_opened(tmp_path, user_error, target):
    path = tmp_path / "train.tsv"
    os.mkfifo(path) if target == "FIFO" else path.symlink_to(target)
    with user_error(path, "it is a FIFO" if target == "FIFO" else "it is a device"):
        read_table(path, 5)


def test_a_huge_file_is_refused_before_it_is_read(write, user_error):
    path = write(HEADER)
    os.truncate(path, 300 << 20)  # a hole: takes no disk
    with user_error(path, f"more than {256 << 20} bytes"):
        read_table(path, 5)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users")
def test_a_file_that_may_not_be_read(write, user_error, unprivileged):
    path = write(HEADER)
    path.chmod(0)
    with unprivileged(path.parent), user_error(path, "cannot be read (Permission denied)"):
        read_table(path, 5)


CONTROL = "".join(map(chr, [*range(9), *range(10, 32), 127]))  # a tab may stand in a quoted text
TEXT = st.text(st.characters(exclude_characters=CONTROL, exclude_categories=["Cs"]), max_size=20)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=5))
def test_what_the_csv_module_wrote(tmp_path, cells):
    path = tmp_path / "written.tsv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows([["a", "b", "c"], *cells])
    assert [tuple(row.cells) for row in read_table(path, 3)] == cells


def test_the_real_annotations(shared):
    for name, columns, counts in (("MIntRec", 5, (1334, 445)), ("MIntRec2.0", 4, (6165, 1106))):
        for split, count in zip(("train", "dev"), counts):
            rows = read_table(shared / "data" / name / f"{split}.tsv", columns)
            assert len(rows) == count
            assert [row.number for row in rows] == list(range(2, count + 2))
