"""``mia-plugins report`` on runs that the commands really left behind."""

import builtins
import json
import re
import shutil
import xml.dom.minidom

import numpy as np
import pytest
from tiny import SETTINGS, run_arguments

from mia_plugins.__main__ import main as run_main
from mia_plugins.cli import main
from mia_plugins.report.classes import predictions
from mia_plugins.report.modalities import side_by_side
from mia_plugins.report.runs import find_runs, group_runs
from mia_plugins.report.saved import SavedRun

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def kept(data, backbone, tmp_path_factory):
    """Two seeds of a grid over k with out-of-scope clips, and the modalities corrupted."""
    folder = tmp_path_factory.mktemp("kept")
    words = ["--train", "--train_ood", "--test_ood", "--save_results", "--modality_ablation", "--seeds", "0", "1"]
    words += ["--results_path", folder / "results", "--output_path", folder / "outputs", "--log_path", folder / "logs"]
    settings = [*SETTINGS[:3], "num_anchors=[2,4]"]
    assert run_main([*map(str, run_arguments(data, backbone, *words, settings=settings))]) == 0
    return folder


def test_a_page_with_every_picture(kept, tmp_path, capsys):
    out = tmp_path / "report"
    key = find_runs([kept])[0][0].clips["keys"][3]
    chosen = ["--labels", "thank", "Warn", "--clip", key]
    assert main(["report", str(kept / "results"), "-o", str(out), *chosen]) == 0
    page = (out / "index.html").read_text()
    text = (out / "report.md").read_text()
    names = {path.stem for path in (out / "figures").iterdir()}
    kinds = ("training", "confusion", "calibration", "oos_scores", "oos_tradeoff", "semantics", "modalities")
    for number in (1, 2):
        assert {f"{number}_amess_MIntRec2.0_{kind}" for kind in (*kinds, f"anchors_{key}")} < names
    assert "over_num_anchors" in names
    for name in names:
        document = xml.dom.minidom.parse(str(out / "figures" / f"{name}.svg"))
        assert document.documentElement.tagName == "svg"
        assert (out / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert f"figures/{name}.png" in text
    assert page.count("<img ") == len(names)
    assert not re.search(r'src="(?!data:)', page)  # nothing that is shown lies outside the file
    links = re.findall(r'href="([^"]*)"', page)
    assert not [link for link in links if re.match(r"[a-z]+:|/", link)]  # links lead to files beside it
    assert all((out / link).exists() for link in links if not link.startswith("#"))
    assert {link[1:] for link in links if link.startswith("#")} <= set(re.findall(r'id="([^"]*)"', page))
    assert "num_anchors=4" in page or "num_anchors=2" in page
    for metric in ("acc", "oid_acc"):
        values = [run.record["metrics"][metric] for run in group_runs(find_runs([kept])[0])[0].runs]
        assert f"{np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}" in text
    assert "text shuffled" in text


def test_intents_without_a_clip_are_left_out_of_the_confusion(tmp_path):
    for name, ids in {"y_true": [0, 2, 2, 4], "y_pred": [0, 3, 2, 0]}.items():  # 4 is out of scope, not counted
        np.save(tmp_path / f"{name}.npy", np.array(ids))
    run = SavedRun(tmp_path, {"labels": ["a", "b", "c", "d"]})
    true, predicted, names = predictions(run)
    assert [names[i] for i in true] == ["a", "c", "c"]
    assert [names[i] for i in predicted] == ["a", "d", "c"]
    assert names == ["a", "c", "d"]
    np.save(tmp_path / "y_open.npy", np.array([0, 4, 2, 4]))
    true, predicted, names = predictions(run)
    assert [names[i] for i in predicted] == ["a", "out of scope", "c", "out of scope"]
    assert names == ["a", "c", "out of scope"]


def test_runs_are_found_by_folder_and_by_table_alike(kept, monkeypatch, tmp_path):
    by_table = {run.folder for run in find_runs([kept / "results"])[0]}
    assert by_table == {run.folder for run in find_runs([kept / "outputs"])[0]}
    assert len(by_table) == 4
    moved = shutil.copytree(kept, tmp_path / "moved", symlinks=True)
    assert len(find_runs([moved / "outputs"])[0]) == 4
    groups = group_runs(find_runs([kept])[0])
    assert [[run.record["seed"] for run in group.runs] for group in groups] == [[0, 1], [0, 1]]


def test_a_damaged_run_is_said_and_left_out(kept, tmp_path):
    copy = shutil.copytree(kept / "outputs", tmp_path / "outputs", symlinks=True)
    next(copy.glob("*_0_*/run.json")).write_text("{")
    runs, problems = find_runs([copy])
    assert len(runs) == 3
    assert "cannot be read" in problems[0]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--clip", "dia9999"], "--clip dia9999: no such test clip"),
        (["--labels", "Thnak"], "--labels Thnak: not a label of the runs shown"),
        (["--detail", "vidoe"], "--detail vidoe: no group of runs is called so"),
    ],
)
def test_wrong_wishes_are_one_line(kept, tmp_path, capsys, more, words):
    assert main(["report", str(kept / "outputs"), "-o", str(tmp_path / "out"), *more]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1


def test_what_is_missing_is_one_line(kept, tmp_path, capsys, monkeypatch):
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert main(["report", str(tmp_path)]) == 2
    assert "run with --save_results" in capsys.readouterr().err
    whole = builtins.__import__

    def without(name, *rest):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["report", str(kept / "outputs"), "-o", str(tmp_path / "out")]) == 2
    assert "pip install matplotlib" in capsys.readouterr().err


def test_a_text_only_run_has_a_report_too(data, backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["--method", "text", "--data_path", data, "--text_backbone", backbone, "--set", "num_train_epochs=1"]
    assert run_main([*map(str, words), "--train", "--save_results"]) == 0
    assert main(["report", "results"]) == 0  # folders in the table are relative to here
    names = {path.stem for path in (tmp_path / "report" / "figures").iterdir()}
    assert names == {f"1_text_MIntRec2.0_{kind}" for kind in ("confusion", "calibration")}
    page = (tmp_path / "report" / "index.html").read_text()
    assert "trained for one epoch, so there is no training curve" in page
    assert "python run.py --method text --dataset MIntRec2.0 --data_path DIR" in page
    assert "--seeds 0 --set num_train_epochs=1" in page
    assert "60 train, 60 dev, 60 test clips" in page


def test_what_a_run_keeps(kept):
    run = group_runs(find_runs([kept])[0])[0].first
    assert [epoch["number"] for epoch in run.record["history"]] == [1, 2]
    logits, true = run.array("logits"), run.array("y_true")
    assert logits.shape == (len(true), 31)
    assert (logits[:, :30].argmax(axis=1) == run.array("y_pred")).all()
    assert run.clips["label_ids"] == true.tolist()
    assert run.clips["tokens"][0][0] == "[CLS]"
    assert run.inspection["sentence"].shape[0] == len(true)
    assert json.loads((run.folder / "run.json").read_text())["modality_ablation"][0]["way"] == "intact"


def test_a_grid_counts_its_runs_and_is_set_up_once(kept):
    (log,) = (kept / "logs").glob("*.log")
    lines = log.read_text()
    assert re.findall(r"run (\d) of 4(, [a-z ]+ left)?: seed (\d)", lines) == [
        ("1", "", "0"),
        ("2", ", less than a minute left", "1"),
        ("3", ", less than a minute left", "0"),
        ("4", ", less than a minute left", "1"),
    ]
    assert len(re.findall("data: MIntRec2.0", lines)) == 1


def test_modalities_stand_side_by_side(kept, tmp_path):
    groups = group_runs(find_runs([kept])[0])
    picture = side_by_side(groups, "these clips", tmp_path, "modalities")
    drawn = xml.dom.minidom.parse(str(picture.svg)).toxml()
    assert all(word in drawn for word in ("text", "video", "audio", "dropped", "shuffled", "noise"))
    assert picture.title.startswith(("In both", "They depend"))
