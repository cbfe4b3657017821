"""A folder as people's are: spreadsheets' marks, odd headers, numbers as names, and every kind of slip."""

import pickle
import re

import numpy as np
import pytest

from mia_plugins.data.dataset import DataRequest
from mia_plugins.data.folder.dataset import Folder
from mia_plugins.errors import UserError

HEADER = "\ufeffClip-ID ; Transcript;  Intent ;Dialogue ID;;"
ROWS = [f'{i}.0;" Well; it is ""{i}"",  ok ";{("Greet ", "Leave")[i % 2]};{i // 4}.0;;' for i in range(40)]


@pytest.fixture
def folder(tmp_path):
    """One table from a spreadsheet: a byte-order mark, CRLF, quotes, empty rows and columns; features of some clips."""
    made = tmp_path / "My clips (2)"
    made.mkdir()
    lines = [HEADER, *ROWS[:20], ";;;;;", "", *ROWS[20:], "   ;;;;;", ""]
    (made / "Annotations FINAL.csv").write_bytes("\r\n".join(lines).encode())
    frames = {str(i): np.full((2, 3), i, np.float32) for i in range(30)}
    frames["7"] = np.empty((0, 3), np.float32)  # saved without a frame
    (made / "video.pkl").write_bytes(pickle.dumps(frames))
    (made / "dataset.toml").write_text('name = "mine"\n')
    return made


def read(folder):
    return Folder(folder).read(DataRequest(str(folder)))


def edit(folder, old, new):
    path = folder / "Annotations FINAL.csv"
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())


def test_it_is_read(folder, caplog):
    data = read(folder)
    assert data.labels == ("Greet", "Leave")
    clips = {key: (name, i) for name, part in data.splits.items() for i, key in enumerate(part.keys)}
    assert sorted(clips, key=int) == [str(i) for i in range(40)]
    for key, (name, i) in clips.items():
        part = data.splits[name]
        assert part.texts[i] == f'Well; it is "{key}", ok'
        assert part.label_ids[i] == int(key) % 2
        assert part.dialogues[i] == str(int(key) // 4)
        want = 0 if int(key) >= 30 or key == "7" else 2
        assert part.video[i].shape == (want, 3)
        assert (part.video[i] == int(key)).all()
    assert "11 of 40 clips have no video" in caplog.text


def test_a_drawn_split_keeps_dialogues_whole_and_is_the_same_each_time(folder):
    first, second = read(folder).splits, read(folder).splits
    assert {name: list(part.keys) for name, part in first.items()} == {
        name: list(part.keys) for name, part in second.items()
    }
    assert {name: len(part) for name, part in first.items()} == {"train": 28, "dev": 4, "test": 8}
    of_dialogue = {}
    for name, part in first.items():
        for dialogue in part.dialogues:
            assert of_dialogue.setdefault(dialogue, name) == name
    (folder / "dataset.toml").write_text('name = "mine"\nseed = 5\n')
    assert set(read(folder).splits["test"].keys) != set(first["test"].keys)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("5.0;", "6.0;", "row 7 and 8: both are clip 6; remove one"),
        ("Greet ;1.0", ";1.0", "row 6: has no Intent; label this clip"),
        ("Greet ;1.0", "greet;1.0", "row 6: label 'greet' is also written 'Greet'"),
        ('"" 4""'.replace(" ", ""), '"4', "row 6: "),
        ("4.0;", "4.0;x;", "row 6: 5 columns where the header has 4"),
        ("4.0;", ";", "row 6: has no Clip-ID; give the clip a name"),
        (" Well; it is \"\"4\"\",  ok ", " ", "row 6: has no Transcript"),
        ("Transcript", "Words", "is called text or the like"),
        ("Intent", "clip id", "columns 'Clip-ID' and 'clip id' have one name"),
        ("Well", "W\0", "row 2: holds a NUL byte"),
    ],
)  # fmt: skip
def test_a_slip_is_named_by_file_and_row(folder, old, new, message):
    edit(folder, old, new)
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        read(folder)
    assert "Annotations FINAL.csv" in str(caught.value)


def test_a_misspelt_label_of_a_given_list(folder):
    (folder / "dataset.toml").write_text('labels = ["Greet", "Leave"]\nname = "mine"\n')
    edit(folder, "Greet ;1.0", "Gret;1.0")
    with pytest.raises(UserError, match="row 6: label 'Gret' is not among those of dataset.toml; did you mean 'Greet'"):
        read(folder)


def test_a_label_that_no_training_clip_has(tmp_path):
    for split, label in (("train", "leave"), ("valid", "leave"), ("test", "laeve")):
        (tmp_path / f"{split}.tsv").write_text(f"ID\tSentence\tClass\n{split}1\tHi\tgreet\n{split}2\tBye\t{label}\n")
    with pytest.raises(UserError, match=r"test.tsv, row 3: label 'laeve' is not among .*; did you mean 'leave'"):
        read(tmp_path)


def test_keys_that_no_feature_has(folder):
    (folder / "video.pkl").write_bytes(pickle.dumps({"clip_1": np.ones((2, 3), np.float32)}))
    with pytest.raises(UserError, match=r"video.pkl: has no features of any clip, such as \d+ .*row \d+"):
        read(folder)


def test_a_key_pattern_and_media_names(folder):
    (folder / "dataset.toml").write_text('name = "m"\n[columns]\nkey = "dia{dialogue_id}_{Clip ID}"\n')
    with pytest.raises(UserError, match="such as dia0_0 "):
        read(folder)
    (folder / "dataset.toml").write_text('name = "m"\n')
    path = folder / "Annotations FINAL.csv"
    path.write_bytes(re.sub(rb"(?m)^(\d+)\.0;", rb"raw\\clips/\1.MP4;", path.read_bytes()))
    assert "12" in {key for part in read(folder).splits.values() for key in part.keys}


def test_two_tables_of_which_none_is_for_training(folder):
    (folder / "more.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=r"has Annotations FINAL.csv, more.csv; put in one table, or train"):
        read(folder)


def test_utf16_and_other_encodings_are_named(folder):
    path = folder / "Annotations FINAL.csv"
    text = path.read_bytes().decode("utf-8-sig")
    path.write_bytes(text.encode("utf-16"))
    with pytest.raises(UserError, match="is UTF-16 text; save it as UTF-8"):
        read(folder)
    path.write_bytes(text.replace("Well", "Wéll").encode("latin-1"))
    with pytest.raises(UserError, match="row 2: not UTF-8 text"):
        read(folder)
