"""Files of label descriptions: both forms, and files that are neither."""

import json
import os

import pytest

from mia_plugins.data.descriptions import match_descriptions, read_descriptions
from mia_plugins.errors import UserError

TABLE = {"Thank": ["Says thanks.", "Is grateful."], "Apologise": ["Is sorry.", "Asks to be forgiven."]}


def written(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_the_bare_form_and_the_one_that_says_how_it_was_made(tmp_path):
    assert read_descriptions(written(tmp_path / "bare.json", TABLE)) == TABLE
    assert read_descriptions(written(tmp_path / "made.json", {"about": {"model": "m"}, "descriptions": TABLE})) == TABLE


def test_a_label_may_be_called_descriptions(tmp_path):
    table = {"about": ["Asks about it."], "descriptions": ["Describes it."]}
    assert read_descriptions(written(tmp_path / "labels.json", table)) == table
    assert read_descriptions(written(tmp_path / "made.json", {"about": {}, "descriptions": table})) == table


def test_sentences_of_the_labels_wanted_in_their_order():
    assert match_descriptions(TABLE, ["apologize", "THANK"], 1, "a.json") == [["Is sorry."], ["Says thanks."]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"descriptions": {"A": "x"}}', "'A' needs a list"),
        ('{"about": {}, "descriptions": {"A": ["x"], "A": ["y"]}}', "'A' is there twice; keep one"),
        ('{"descriptions": ' + "[" * 100_000, "nested too deeply"),
        ("{\n\n'A': 1}", r"file\.json:3: not valid JSON"),
    ],
)
def test_what_is_no_file_of_descriptions(tmp_path, text, words):
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(UserError, match=words):
        read_descriptions(tmp_path / "file.json")


def test_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "file.json")
    with pytest.raises(UserError, match="it is a FIFO"):
        read_descriptions(tmp_path / "file.json")
