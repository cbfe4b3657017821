"""``mia-plugins predict`` answers as the run's test did, from a table without labels, and from lines."""

import io
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny import SETTINGS

import mia_plugins
from mia_plugins.cli import main
from mia_plugins.plugin.settings import parse_assignments

MEMORY = Path(__file__).parents[2] / "docs" / "sample_plugin_memory" / "memory_bank" / "__init__.py"


@pytest.fixture(scope="module", params=["amess", MEMORY], ids=["amess", "a bank of the training clips"])
def trained(request, data, backbone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    settings = {"num_train_epochs": 1}
    if request.param == "amess":
        settings = {**parse_assignments(SETTINGS), **settings, "sentence_encoder": str(backbone)}
    where = {name: str(folder / name) for name in ("output_path", "log_path", "results_path")}
    options = {
        "method": str(request.param),
        "text_backbone": backbone,
        "train": True,
        "test_ood": True,
        "set": settings,
    }
    return mia_plugins.run(**where, data_path=data, **options).runs[0]


def answers(capsys, *arguments):
    code = main(["predict", *map(str, arguments)])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return [json.loads(line) for line in printed.out.splitlines()]


@pytest.mark.parametrize("labels", ["as they are", "empty", "without the column"])
def test_a_table_is_answered_as_in_the_test(trained, data, tmp_path, capsys, labels):
    copy = shutil.copytree(data, tmp_path / "data")
    (table,) = copy.rglob("in-scope/test.tsv")
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    if labels == "empty":
        rows = [rows[0], *([*row[:3], "", *row[4:]] for row in rows[1:])]
    elif labels == "without the column":
        rows = [row[:3] for row in rows]
    table.write_text("\n".join("\t".join(row) for row in rows) + "\n")
    for other in [*copy.rglob("train.tsv"), *copy.rglob("dev.tsv")]:
        other.unlink()
    got = answers(capsys, trained.folder, "--data_path", copy, "--top", 0)
    names = [*json.loads((trained.folder / "run.json").read_text())["labels"]]
    logits = trained.arrays["logits"][: len(got), : len(names)].astype(np.float64)
    logits /= json.loads((trained.folder / "models" / "kept.json").read_text())["temperature"]
    want = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert [each["text"] for each in got] == [row[2] for row in rows[1:]]
    assert [names.index(each["intent"]) for each in got] == trained.arrays["y_pred"][: len(got)].tolist()
    assert [each["out_of_scope"] for each in got] == (trained.arrays["y_open"][: len(got)] == len(names)).tolist()
    np.testing.assert_allclose([[each["probabilities"][name] for name in names] for each in got], want, atol=1e-6)


def test_lines_are_answered_one_by_one(trained, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("thanks you\n\n  sorry \n"))
    got = answers(capsys, trained.folder, "--top", 2)
    assert [each["text"] for each in got] == ["thanks you", "sorry"]
    assert [len(each["probabilities"]) for each in got] == [2, 2]
    assert got[0]["intent"] == trained.predict("thanks you").intent


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["nowhere"], "nowhere: no such folder, and the hub, where it could be, cannot be reached"),
        (["RUN", "--top", "-1"], "--top -1: give a number of intents"),
        (["RUN", "--video_feats", "swin-roi"], "add --data_path"),
        (["RUN", "--data_path", "nowhere"], "no in-scope tables of MIntRec2.0"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(trained, capsys, words, error):
    assert main(["predict", *(str(trained.folder) if word == "RUN" else word for word in words)]) == 2
    printed = capsys.readouterr()
    assert error in printed.err
    assert printed.out == ""
    assert printed.err.count("\n") == 1


def test_frames_of_another_width(trained, data, tmp_path, capsys):
    copy = shutil.copytree(data, tmp_path / "data")
    (path,) = copy.rglob("in-scope/video_data/swin_roi.pkl")
    frames = pickle.loads(path.read_bytes())
    path.write_bytes(pickle.dumps({key: np.zeros((2, 7), np.float32) for key in frames}, protocol=4))
    assert main(["predict", str(trained.folder), "--data_path", str(copy)]) == 2
    assert "video frames have 7 numbers, the model takes 6" in capsys.readouterr().err
