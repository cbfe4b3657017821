"""Runs that differ have folders of their own; equal ones are made once, by one process at a time."""

import csv
import subprocess
import sys
import time

import pytest
import warm
from tiny import ROOT, SETTINGS, run_arguments

import mia_plugins
from mia_plugins.errors import UserError
from mia_plugins.plugin.settings import parse_assignments
from mia_plugins.runs import ownership


@pytest.fixture
def run(data, backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chosen = {**parse_assignments(SETTINGS), "num_train_epochs": 1}

    def run(set=None, **options):
        return mia_plugins.run(
            method="text", data_path=str(data), text_backbone=str(backbone), train=True,
            set={**{k: v for k, v in chosen.items() if k != "num_anchors"}, **(set or {})}, **options,
        )  # fmt: skip

    return run


def table(folder):
    with open(folder / "results" / "results.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_runs_that_differ_in_one_setting_lie_apart(run, tmp_path):
    folders = [
        run().runs[0].folder,
        run(set={"lr": 1e-4}).runs[0].folder,
        run(seed=1).runs[0].folder,
        run(test_ood=True).runs[0].folder,
        run(test_ood=True, test_mode="ood_det", ood_detection_method="msp").runs[0].folder,
        run(train_ood=True).runs[0].folder,
        run(freeze_backbone_parameters=True).runs[0].folder,
    ]
    assert len(set(folders)) == len(folders)
    assert (tmp_path / "outputs" / "latest").resolve() == (tmp_path / folders[-1]).resolve()


def test_a_finished_run_is_said_to_be_so_and_made_again_only_when_asked(run, tmp_path, capsys):
    first = run(save_results=True).runs[0]
    stamp = (first.folder / "run.json").stat().st_mtime_ns
    capsys.readouterr()
    second = run(save_results=True).runs[0]
    assert "this very run is finished" in capsys.readouterr().out
    assert second.metrics == first.metrics
    assert (first.folder / "run.json").stat().st_mtime_ns == stamp
    assert len(table(tmp_path)) == 1
    run(save_results=True, again=True)
    assert (first.folder / "run.json").stat().st_mtime_ns != stamp


def test_a_run_under_way_is_refused(run, tmp_path):
    folder = run().runs[0].folder
    (folder / "run.json").unlink()
    with ownership.owned(folder), pytest.raises(UserError, match="this very run is being made by .* wait for it"):
        run()


def test_the_table_tells_rows_apart_by_what_was_asked_for(run, tmp_path):
    run(save_results=True)
    run(save_results=True, set={"lr": 1e-4})
    run(save_results=True, test_ood=True, test_mode="ood_det", ood_detection_method="msp")
    plain, slower, detecting = table(tmp_path)
    assert (plain["lr"], slower["lr"]) == ("0.001", "0.0001")
    assert (plain["ood_detection_method"], detecting["ood_detection_method"]) == ("", "msp")
    assert (plain["ood_dataset"], detecting["ood_dataset"]) == ("", "MIntRec2.0-OOD")
    assert plain["features"] == "swin_roi.pkl wavlm_feats.pkl"
    assert len({row["run"] for row in table(tmp_path)}) == 3
    assert float(plain["eval_acc"]) == pytest.approx(float(plain["eval_acc"]), abs=100)
    assert all(
        row[name] for row in table(tmp_path) for name in ("version", "code", "data", "date", "seconds", "best_epoch")
    )


def test_a_table_that_cannot_be_read_is_found_before_the_training(run, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "results.csv").write_bytes(b"acc,note\n1,\xe9\n")
    with pytest.raises(UserError, match=r"results\.csv: is not UTF-8 text .*--results_path"):
        run(save_results=True)
    assert not (tmp_path / "outputs").exists()


def test_a_row_that_cannot_be_added_is_kept_beside_the_run(run, tmp_path, monkeypatch):
    from mia_plugins.runs import rows

    def fails(*_, **__):
        raise UserError("results.csv: cannot be written (the disk is full)")

    monkeypatch.setattr(rows, "append_row", fails)
    with pytest.raises(UserError, match=r"its row is in outputs/.*row\.csv"):
        run(save_results=True)
    (kept,) = (path for path in tmp_path.glob("outputs/*/row.csv") if "latest" not in str(path))
    assert next(csv.DictReader(kept.read_text().splitlines()))["method"] == "text"


def test_two_at_once_with_other_settings_score_as_alone(data, backbone, tmp_path):
    """Two commands that differ in one setting, at once under one output folder, against each alone."""
    settings = ["num_train_epochs=2", "train_batch_size=16", "num_anchors=3"]

    def arguments(rate, folder):
        common = run_arguments(data, backbone, "--train", "--save_results", settings=[*settings, f"lr={rate}"])
        return [*map(str, common), "--results_file_name", f"{rate}.csv"], folder

    def start(rate, folder):
        words, folder = arguments(rate, folder)
        folder.mkdir(exist_ok=True)
        return warm.Popen([sys.executable, str(ROOT / "run.py"), *words], cwd=folder, stdout=subprocess.DEVNULL)

    together = [start(rate, tmp_path / "together") for rate in ("1e-2", "1e-9")]
    assert [process.wait() for process in together] == [0, 0]
    for rate in ("1e-2", "1e-9"):
        assert start(rate, tmp_path / "alone").wait() == 0
    for rate in ("1e-2", "1e-9"):
        texts = [(tmp_path / where / "results" / f"{rate}.csv").read_text() for where in ("together", "alone")]
        rows = [next(csv.DictReader(text.splitlines())) for text in texts]
        same = ("acc", "f1", "eval_acc", "run", "lr")
        assert [rows[0][name] for name in same] == [rows[1][name] for name in same]


def test_the_same_command_many_times_at_once(data, backbone, tmp_path):
    """One process makes the run; the others are refused in one line, or find it finished."""
    words = list(map(str, run_arguments(data, backbone, "--train", "--save_results")))
    started = [
        warm.Popen([sys.executable, str(ROOT / "run.py"), *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                         stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]  # fmt: skip
    deadline = time.monotonic() + 300
    endings = [(process.communicate(timeout=deadline - time.monotonic())[1], process.returncode) for process in started]
    for error, code in endings:
        assert code == 0 or (code == 2 and "this very run is being made by" in error and error.count("\n") == 1), error
    assert 0 in [code for _, code in endings]
    assert len(table(tmp_path)) == 1
