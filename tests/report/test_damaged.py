"""Folders that anybody may have written: what cannot be read is a line of the report, and the other runs are shown."""

import io
import json
import os
import re
import shutil
import struct
import xml.dom.minidom
import zipfile

import numpy as np
import pytest
from report_pages import report
from saved_runs import LABELS, write_run

from mia_plugins.methods.amess.anchor_pictures import anchors
from mia_plugins.plugin.picture import PictureRequest
from mia_plugins.report.runs import Group
from mia_plugins.report.saved import read_run

pytest.importorskip("matplotlib")

DEEP = "[" * 200_000


def changed(**values):
    return lambda folder: write_run(folder, arrays=False, **values)


def without(key):
    def write(folder):
        record = write_run(folder, arrays=False)
        del record[key]
        (folder / "run.json").write_text(json.dumps(record))

    return write


def text(content):
    return lambda folder: (folder / "run.json").write_text(content)


RECORDS = {
    "empty": text(""),
    "half": text('{"method": "amess", '),
    "list": text("[]"),
    "number": text("3"),
    "null": text("null"),
    "deep": text(DEEP),
    "deep settings": text('{"settings": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}"),
    "huge integer": text('{"seed": ' + "9" * 5000 + "}"),
    "latin-1": lambda folder: (folder / "run.json").write_bytes('{"method": "é"}'.encode("latin-1")),
    "binary": lambda folder: (folder / "run.json").write_bytes(bytes(range(256))),
    "a folder": lambda folder: (folder / "run.json").mkdir(),
    "a pipe": lambda folder: os.mkfifo(folder / "run.json"),
    **{f"without {key}": without(key) for key in ("method", "dataset", "seed", "settings", "labels", "metrics")},
    "seed text": changed(seed="0"),
    "seed true": changed(seed=True),
    "seed huge": changed(seed=2**70),
    "seed negative": changed(seed=-1),
    "labels numbers": changed(labels=[1, 2]),
    "no labels": changed(labels=[]),
    "labels text": changed(labels="Thank"),
    "metrics list": changed(metrics=[1.0]),
    "metrics text": changed(metrics={"acc": "75"}),
    "metrics null": changed(metrics={"acc": None}),
    "settings list": changed(settings=[]),
    "settings nested": changed(settings={"lr": {"a": 1}}),
    "method number": changed(method=3),
    "history text": changed(history="none"),
    "history numbers": changed(history=[1, 2]),
    "history lacks": changed(history=[{"number": 1}]),
    "history nan": changed(history=[{"number": 1, "loss": float("nan"), "score": 0.5}]),
    "history texts": changed(history=[{"number": 1, "loss": "1", "score": 0.5}]),
    "ablation numbers": changed(modality_ablation=[1]),
    "ablation lacks": changed(modality_ablation=[{"modality": "text"}]),
    "ablation differs": changed(
        modality_ablation=[{"modality": "none", "way": "intact", "acc": 1.0}, {"modality": "text", "way": "noise"}]
    ),
}


def test_every_record_that_cannot_be_read_is_a_line(root):
    for number, write in enumerate(RECORDS.values()):
        folder = root / "runs" / f"bad{number}"
        folder.mkdir()
        write(folder)
    code, page, markdown = report(root)
    assert code == 0
    assert "Sound" in page
    assert "75.00" in page
    assert "1 run" in page
    for number, damage in enumerate(RECORDS):
        assert f"runs/bad{number}/run.json" in markdown or damage in ("a folder", "a pipe"), damage


def array(name, values):
    return lambda folder: np.save(folder / f"{name}.npy", values, allow_pickle=True)


def cut(name):
    def write(folder):
        path = folder / name
        path.write_bytes(path.read_bytes()[:-20])

    return write


def header(shape):
    """An array file whose header promises more than it holds."""

    def write(folder):
        file = io.BytesIO()
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
        (folder / "logits.npy").write_bytes(file.getvalue())

    return write


def clips(**values):
    def write(folder):
        made = json.loads((folder / "clips.json").read_text())
        (folder / "clips.json").write_text(json.dumps({**made, **values}))

    return write


def inspected(**values):
    def write(folder):
        with np.load(folder / "inspection.npz") as file:
            made = {name: file[name] for name in file.files}
        np.savez(folder / "inspection.npz", **{**made, **values})

    return write


def bomb(folder):
    """A small archive that says of itself that it unpacks to four GiB."""
    path = folder / "inspection.npz"
    np.savez_compressed(path, sentence=np.zeros(100_000))
    with zipfile.ZipFile(path) as archive:
        size = archive.infolist()[0].file_size
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", size), struct.pack("<I", 2**32 - 2)))


ARRAYS = {
    "y_true objects": array("y_true", np.array([{}, None], dtype=object)),
    "y_true texts": array("y_true", np.array(["a"] * 12)),
    "y_true floats": array("y_true", np.zeros(12)),
    "y_true ids": array("y_true", np.full(12, 7)),
    "y_true negative": array("y_true", np.full(12, -1)),
    "y_true two dimensions": array("y_true", np.zeros((12, 2), int)),
    "y_true short": array("y_true", np.zeros(3, int)),
    "y_true none": array("y_true", np.zeros(0, int)),
    "y_pred long": array("y_pred", np.zeros(30, int)),
    "y_true one scope": array("y_true", np.full(12, len(LABELS))),
    "logits nan": array("logits", np.full((12, 3), np.nan)),
    "logits narrow": array("logits", np.zeros((12, 1))),
    "logits flat": array("logits", np.zeros(12)),
    "logits complex": array("logits", np.zeros((12, 3), complex)),
    "logits promised": header((1 << 40, 3)),
    "logits negative": header((-1, 3)),
    "logits cut": cut("logits.npy"),
    "logits empty": lambda folder: (folder / "logits.npy").write_bytes(b""),
    "scores inf": array("scores", np.full(12, np.inf)),
    "scores equal": array("scores", np.zeros(12)),
    "clips deep": lambda folder: (folder / "clips.json").write_text(DEEP),
    "clips list": lambda folder: (folder / "clips.json").write_text("[]"),
    "clips missing": lambda folder: (folder / "clips.json").unlink(),
    "clips short": clips(keys=["a"]),
    "clips ids": clips(label_ids=[9] * 12),
    "clips id texts": clips(label_ids=["0"] * 12),
    "clips tokens": clips(tokens=[1] * 12),
    "clips tokens null": clips(tokens=[[None]] * 12),
    "clips no tokens": clips(tokens=[[]] * 12),
    "clips surrogates": clips(tokens=[["\ud800", "\x00", "a\nb"]] * 12),
    "clips formulas": clips(tokens=[["$x_{$", "\\frac{", "$$", "%"]] * 12),
    "clips keys": clips(keys=["../../../../etc/x" + "a" * 500] * 12),
    "inspection text": lambda folder: (folder / "inspection.npz").write_text("PK nothing"),
    "inspection cut": cut("inspection.npz"),
    "inspection nan": inspected(sentence=np.full((12, 5), np.nan)),
    "inspection short": inspected(sentence=np.zeros((2, 5)), video_anchors=np.zeros((1, 2), int)),
    "inspection narrow": inspected(sentence=np.zeros((12, 1)), semantics=np.zeros((3, 3, 2))),
    "inspection zeros": inspected(sentence=np.zeros((12, 5)), sentence_before=np.zeros((12, 6))),
    "inspection flat": inspected(semantics=np.zeros(3), video_reading=np.zeros(12)),
    "inspection objects": inspected(sentence=np.array([{}] * 12, dtype=object)),
    "inspection anchors": inspected(video_anchors=np.full((12, 2), 99), video_frames=np.full((12, 2), 10**6)),
    "inspection bomb": bomb,
}
#: of these something else than a line comes out: they are odd, but they can be shown
HARMLESS = {
    "clips tokens null",
    "clips no tokens",
    "clips surrogates",
    "clips formulas",
    "clips keys",
    "scores equal",
    "inspection zeros",
    "inspection anchors",
    "y_true one scope",
}


def test_every_file_that_cannot_be_read_leaves_out_what_needs_it(root, monkeypatch):
    # figures are made but not written, and intervals not drawn: they take most of the time
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda self, path, **_: path.write_bytes(b"<svg/>"))
    monkeypatch.setattr("mia_plugins.report.intervals.interval_lines", lambda run: [str(len(run.array("y_pred")))])
    write_run(root / "template")
    for number, write in enumerate(ARRAYS.values()):
        folder = shutil.copytree(root / "template", root / "runs" / f"bad{number}")
        record = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps({**record, "dataset": f"Bad {number}."}))
        write(folder)
    code, page, markdown = report(root, "--detail", "Bad")
    assert code == 0
    assert "Sound" in page
    lines = re.findall(r"^- .*left out: .*$", markdown, re.MULTILINE)
    assert all(len(line) < 700 for line in lines)
    for number, damage in enumerate(ARRAYS):
        told = any(f"Bad {number}." in line or f"bad{number}/" in line for line in lines)
        assert told or damage in HARMLESS, damage


def test_words_are_drawn_as_they_are(tmp_path):
    write_run(tmp_path)
    odd = [["$x_{$", "\\frac{", "$$", "%", "\ud800", "\x00", "a\nb"]] * 12
    clips(tokens=odd, keys=["../../x" + "a" * 500] * 12)(tmp_path)
    run = read_run(tmp_path / "run.json")
    (picture, _) = anchors(Group("A title", [run]), PictureRequest(tmp_path / "figures", "1", clips=()))
    assert xml.dom.minidom.parse(str(picture.svg)).documentElement.tagName == "svg"
    assert picture.svg.parent == tmp_path / "figures"


TABLES = {
    "empty": "",
    "list": "[]",
    "deep": DEEP,
    "no tables": '{"kind": "tables"}',
    "tables null": '{"kind": "tables", "tables": null, "notes": []}',
    "table number": '{"kind": "tables", "tables": [1], "notes": []}',
    "table lacks": '{"kind": "tables", "tables": [{"title": "T"}], "notes": []}',
    "table texts": json.dumps(
        {
            "kind": "tables",
            "notes": [],
            "tables": [
                {
                    "title": "T",
                    "tests": [],
                    "metrics": {"acc": "ACC"},
                    "rows": [
                        {
                            "label": "a",
                            "method": "b",
                            "seeds": [0],
                            "seeds_planned": 1,
                            "paper": {},
                            "std": {},
                            "mean": {"acc": "x"},
                        }
                    ],
                }
            ],
        }
    ),
}


def test_every_table_that_cannot_be_read_is_a_line(root):
    for number, content in enumerate(TABLES.values()):
        (root / "runs" / f"table{number}.json").write_text(content)
    code, page, markdown = report(root)
    assert code == 0
    assert "Sound" in page
    for number, damage in enumerate(TABLES):
        assert f"runs/table{number}.json" in markdown, damage


def test_results_tables_of_any_bytes_stop_nothing(root):
    contents = [bytes(range(256)), b"folder\n\xe9\n", b"folder\n" + b"x" * 300_000 + b"\n", b'folder\n"\x00"\n']
    contents += [b"folder\na,b,c\n", b"folder\n" + b"y" * 5000 + b"\n"]
    for number, content in enumerate(contents):
        (root / "runs" / f"{number}.csv").write_bytes(content)
    (root / "runs" / "folder.csv").mkdir()
    code, page, _ = report(root)
    assert code == 0
    assert "Sound" in page


def test_where_every_run_is_damaged_the_error_is_one_line(tmp_path, capsys):
    folder = tmp_path / "runs" / "bad"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(DEEP)
    assert report(tmp_path)[0] == 2
    error = capsys.readouterr().err
    assert "nested too deeply" in error
    assert len(error.strip().splitlines()) == 1


def test_a_picture_that_fails_is_a_line(root, monkeypatch):
    from dataclasses import replace

    from mia_plugins.plugin.registry import _registered, find_method, register

    def broken(group, request):
        raise RuntimeError("no\nluck")

    monkeypatch.setitem(_registered, "mia_plugins.methods", {})
    register(replace(find_method("text"), name="own", title="My own", pictures=(broken,)))
    write_run(root / "runs" / "own", arrays=False, method="own", history=[])
    code, page, _ = report(root)
    assert code == 0
    assert "My own" in page
    assert "broken left out: RuntimeError: no luck" in page
