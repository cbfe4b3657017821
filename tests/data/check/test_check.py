"""`mia-plugins data check`: every fault of a data set at once, each by its row; nothing where there is none."""

import json
import pickle
import re

import numpy as np
import pytest

from mia_plugins.cli import main
from mia_plugins.data.faults import MOST, Faults, collecting, fault, is_collecting
from mia_plugins.data_adapters.mintrec import ADAPTER
from mia_plugins.errors import UserError

HEADER = ["season", "episode", "clip", "text", "label"]
LABELS = ADAPTER.labels


def rows_of(split, count=40):
    """Rows of one split, every label twice."""
    return [[split, "E1", str(i), f"{split} words {i}", LABELS[i % len(LABELS)]] for i in range(count)]


def key_of(row):
    return "_".join(row[:3])


@pytest.fixture
def data(tmp_path, write_scope, monkeypatch):
    """A clean data set of three splits: its folder, its features, and a function that writes them again."""
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "MIntRec"
    features = write_scope(folder, {name: rows_of(name) for name in ("train", "dev", "test")}, HEADER, key_of)

    def write():
        for kind, clips in features.items():
            (folder / f"{kind}_data" / f"{kind}_feats.pkl").write_bytes(pickle.dumps(clips))

    return folder, features, write


def checked(capsys, folder, *options):
    """The exit code, and what is printed: findings as {(kind, file name, row): message}."""
    code = main(["data", "check", str(folder.parent), "--dataset", "MIntRec", "--json", *options])
    out = json.loads(capsys.readouterr().out)
    found = {(f["kind"], re.sub(r".*/", "", f["file"]), f["row"]): f for f in out["findings"]}
    return code, out, found


def test_a_clean_data_set_has_no_findings(data, capsys):
    folder, _, _ = data
    code, out, found = checked(capsys, folder)
    assert (code, found) == (0, {})
    assert out["errors"] == out["warnings"] == {}
    assert {name: split["clips"] for name, split in out["splits"].items()} == {"train": 40, "dev": 40, "test": 40}
    assert set(out["splits"]["train"]["labels"].values()) == {2}
    assert out["splits"]["train"]["video"]["width"] == 4
    assert main(["data", "check", str(folder.parent)]) == 0  # it is known by its files
    assert "0 errors" in capsys.readouterr().out


def change(path, number, row):
    """Replaces a row of a table, counted from 1."""
    lines = path.read_bytes().split(b"\n")
    lines[number - 1] = row if isinstance(row, bytes) else "\t".join(row).encode()
    path.write_bytes(b"\n".join(lines))


def test_every_fault_is_found_at_once_each_by_its_row(data, capsys):
    folder, features, write = data
    train, dev, test = (rows_of(name) for name in ("train", "dev", "test"))
    table = folder / "train.tsv"
    change(table, 2, train[0][:4])  # no label
    change(table, 3, "\t".join(train[1]).encode() + b" \xe9")
    change(table, 4, [*train[2][:3], "a\x07bell", LABELS[2]])
    change(table, 5, [*train[3][:4], "Prais"])
    change(table, 6, [*train[4][:4], "UNK"])
    change(table, 8, [*train[5][:3], "words again", LABELS[6]])  # the key of row 7, with another label
    change(table, 9, [*train[7][:3], " ... ", LABELS[7]])
    change(folder / "test.tsv", 10, [*train[9][:4], LABELS[8]])  # a clip of train, row 11
    change(folder / "dev.tsv", 12, [*dev[10][:3], train[20][3].upper(), LABELS[10]])  # a text of train, row 22
    video, audio = features["video"], features["audio"]
    del video[key_of(train[10])], video[key_of(train[11])]
    video[key_of(train[12])][0, 1] = np.nan
    video[key_of(train[13])] = np.ones((3, 5), np.float32)
    video[key_of(train[14])] = np.ones((0, 4), np.float32)
    video[key_of(train[15])] = "frames"
    video["nobody_1"] = np.ones((2, 4), np.float32)
    audio[key_of(train[16])][:] = 0
    for clip in audio.values():
        clip[:, 2], clip[:, 3] = 0, 7.5
    audio[key_of(train[16])][:] = 0
    video[key_of(dev[5])] = np.random.default_rng(1).normal(size=(500, 4)).astype(np.float32)
    write()
    code, out, found = checked(capsys, folder)
    assert code == 2
    errors = {place for place, each in found.items() if each["level"] == "error"}
    assert errors == {
        ("columns", "train.tsv", 2),
        ("not UTF-8", "train.tsv", 3),
        ("control characters", "train.tsv", 4),
        ("wrong labels", "train.tsv", 5),
        ("wrong labels", "train.tsv", 6),
        ("double clips", "train.tsv", 8),
        ("clips without features", "train.tsv", 12),
        ("clips without features", "train.tsv", 13),
        *(("wrong features", "train.tsv", row) for row in (14, 15, 16, 17)),
    }
    assert "did you mean 'Praise'" in found["wrong labels", "train.tsv", 5]["message"]
    assert "rows 7 and 8" in found["double clips", "train.tsv", 8]["message"]
    assert "in frame 0" in found["wrong features", "train.tsv", 14]["message"]
    assert "5 features a frame where other clips have 4" in found["wrong features", "train.tsv", 15]["message"]
    warnings = set(found) - errors
    assert {
        ("texts without a word", "train.tsv", 9),
        ("clips of test that are in train", "test.tsv", 10),
        ("texts of dev that are in train", "dev.tsv", 12),
        ("features without a row", "video_feats.pkl", None),
        ("clips of zeros", "train.tsv", 18),
        ("dead features", "train", None),
        ("beyond the cut", "dev", None),
    } <= warnings
    assert "train.tsv, row 22" in found["texts of dev that are in train", "dev.tsv", 12]["message"]
    assert "up to 500" in found["beyond the cut", "dev", None]["message"]
    assert out["splits"]["dev"]["video"]["beyond the cut"] == 1
    assert ("constant features", "dev", None) in warnings
    assert [f["level"] for f in out["findings"]] == sorted(f["level"] for f in out["findings"])  # errors first
    assert main(["data", "check", str(folder.parent), "--dataset", "MIntRec"]) == 2
    words = capsys.readouterr().out
    assert (
        words.index("12 errors")
        < words.index("double clips: 1")
        < words.index("warnings")
        < words.index("dead features")
    )


def test_warnings_alone_are_exit_code_1(data, capsys):
    folder, _, _ = data
    change(folder / "dev.tsv", 5, [*rows_of("dev")[3][:3], rows_of("train")[0][3], LABELS[3]])
    code, _, found = checked(capsys, folder)
    assert code == 1
    assert set(found) == {("texts of dev that are in train", "dev.tsv", 5)}


def test_a_split_that_cannot_be_read_does_not_hide_the_others(data, capsys):
    folder, _, _ = data
    (folder / "dev.tsv").unlink()
    change(folder / "test.tsv", 3, rows_of("test")[1][:4])
    code, out, found = checked(capsys, folder)
    assert code == 2
    assert ("columns", "test.tsv", 3) in found
    assert any(kind == "unreadable" and "dev.tsv" in each["message"] for (kind, *_), each in found.items())
    assert set(out["splits"]) == {"train", "test"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.tsv", b""),
        ("train.tsv", b"\xff\xfe\0\0" * 50),
        ("train.tsv", "\t".join(HEADER).encode() + b"\n" + b'"' * 1001 + b"\n" + b"\t\t\t\t\n" * 3),
        ("train.tsv", "\t".join(HEADER).encode() + b"\na\tb\tc\t" + b"x" * 200_000 + b"\tJoke\n"),
        ("video_data/video_feats.pkl", b"cos\nsystem\n(S'true'\ntR."),
        ("video_data/video_feats.pkl", b"\x80\x04]\x94."),
        ("video_data/video_feats.pkl", b"(" * 1000),
        ("audio_data/audio_feats.pkl", pickle.dumps({"train_E1_0": {"a": 1}, 5: [1], "x\n\x1b": [[[]]]})),
    ],
    ids=["empty", "utf-16", "quotes", "one field", "code", "a list", "marks", "odd values"],
)
def test_hostile_files_end_in_errors(data, capsys, name, content):
    folder, _, _ = data
    (folder / name).write_bytes(content)
    code, out, _ = checked(capsys, folder)
    assert code == 2
    assert out["errors"]
    assert all(len(f["message"].splitlines()) == 1 and f["message"].isprintable() for f in out["findings"])


def test_what_is_no_data_set(tmp_path, capsys):
    assert main(["data", "check", str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_fault_is_raised_unless_it_is_collected():
    with pytest.raises(UserError, match="row 3: wrong"):
        fault("wrong", "row 3", "row 3: wrong; mend it")
    faults = Faults()
    with collecting(faults):
        assert is_collecting()
        for i in range(MOST + 5):
            fault("many", f"row {i}", f"row {i}: wrong")
        fault("many", "row 0", "row 0: wrong")  # again
    assert not is_collecting()
    assert faults.counts == {"many": MOST + 5}
    assert len(faults.kept["many"]) == MOST


def test_a_folder_of_ones_own(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "dataset.toml").write_text('labels = ["yes", "no"]\nout_of_scope = "other"\n', encoding="utf-8")
    good = [f"{split}{i},{split} words {i},{'yes' if i % 2 else 'no'}" for split in "abc" for i in range(4)]
    bad = ["a0,again,no", "x1,,yes", ",no name,yes", "x2,what,maybe", "x3,too,many,cells,yes", "x4,no label,"]
    for name, rows in (("train", [*good[:4], *bad]), ("dev", good[4:8]), ("test", [*good[8:], "z1,A words 1,no"])):
        rows = [*rows, f"{name}9,elsewhere,other"]
        (folder / f"{name}.csv").write_text("\n".join(["key,text,label", *rows]) + "\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    keys = [row.partition(",")[0] for row in good]
    video = {key: rng.normal(size=(2, 3)).astype(np.float32) for key in [*keys[1:], "nobody"]}
    video["b1"][1, 1] = np.inf
    (folder / "video.pkl").write_bytes(pickle.dumps(video))
    assert main(["data", "check", str(folder), "--json"]) == 2
    out = json.loads(capsys.readouterr().out)
    found = {(f["level"], f["kind"], re.sub(r".*/", "", f["file"]), f["row"]) for f in out["findings"]}
    assert found >= {
        ("error", "double clips", "train.csv", 6),
        ("error", "empty texts", "train.csv", 7),
        ("error", "clips without a name", "train.csv", 8),
        ("error", "wrong labels", "train.csv", 9),
        ("error", "columns", "train.csv", 10),
        ("error", "clips without a label", "train.csv", 11),
        ("error", "wrong features", "dev.csv", 3),
        ("warning", "texts of test that are in train", "test.csv", 6),
        ("warning", "features without a row", "video.pkl", None),
        ("warning", "clips without frames", "train", None),
    }
    assert out["splits"]["test"]["audio"]["missing"] == 5
    assert out["splits"]["ood_test"]["clips"] == 1


def test_sentiment_in_one_pickle(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    rng, splits = np.random.default_rng(0), {}
    for name in ("train", "valid", "test"):
        vision, audio = (rng.normal(size=(3, 4, width)).astype(np.float32) for width in (2, 5))
        lengths = {"vision_lengths": [4, 2, 3], "audio_lengths": [1, 4, 4]}
        keys, texts = [f"{name}$_${i}" for i in range(3)], [f"{name} {i}" for i in range(3)]
        labels = np.array([-1.0, 0.5, 2.0], np.float32)
        frames = {"vision": vision, "audio": audio}
        splits[name] = {"raw_text": texts, "id": keys, "regression_labels": labels, **frames, **lengths}
    splits["valid"]["regression_labels"][1] = 7
    splits["valid"]["regression_labels"][2] = np.nan
    splits["test"]["vision"][1, 1] = np.nan
    splits["test"]["raw_text"][0] = "train 0"
    (tmp_path / "unaligned_50.pkl").write_bytes(pickle.dumps(splits))
    assert main(["data", "check", str(tmp_path), "--dataset", "MOSI", "--json"]) == 2
    out = json.loads(capsys.readouterr().out)
    found = {(f["kind"], f["file"].rpartition("pkl, ")[2], f["row"]) for f in out["findings"]}
    assert found == {
        ("wrong labels", "valid", 1),
        ("wrong labels", "valid", 2),
        ("wrong features", "test", 1),
        ("texts of test that are in train", "test", 0),
    }
