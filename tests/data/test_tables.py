import csv

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


def test_the_same_clip_twice_is_kept_twice(write):
    assert len(read_table(write("a\tb\n" + "1\tx\n" * 2), 2)) == 2


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
        (HEADER.encode() + b"S05\tE15\t1\tok\tPraise\nS05\tE15\t2\tit\x92s\tPraise\n", ["row 3", "UTF-8"]),
        ((HEADER + "S05\tE15\t1\tok\tPraise\n").encode("utf-16"), ["row 1", "UTF-8"]),
    ],
)
def test_errors_name_file_and_row(write, user_error, content, words):
    path = write(content)
    with user_error(path, *words):
        read_table(path, 5)


def test_missing_file_and_folder(tmp_path, user_error):
    with user_error("none.tsv", "cannot be read"):
        read_table(tmp_path / "none.tsv", 5)
    with user_error(str(tmp_path), "cannot be read"):
        read_table(tmp_path, 5)


TEXT = st.text(st.characters(exclude_characters="\n\r\x00", exclude_categories=["Cs"]), max_size=20)


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
