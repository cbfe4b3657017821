"""``mia-plugins reproduce`` on real files: whole plans, killed ones, shared ones."""

import csv
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys

import pytest
import warm
from tiny import ROOT

from mia_plugins.cli import main, make_parser
from mia_plugins.reproduce.experiments import experiments
from mia_plugins.reproduce.plan import make_plan

SETTINGS = ["num_train_epochs=1", "train_batch_size=16", "lr=1e-3"]


@pytest.fixture
def arguments(data, backbone, tmp_path):
    def make(what, *more, settings=SETTINGS, seeds=(0,)):
        chosen = [part for text in [*settings, f"sentence_encoder={backbone}"] for part in ("--set", text)]
        common = ["--data_path", data, "--dataset", "MIntRec2.0", "--text_backbone", backbone, "--no_modality_ablation"]
        methods = ["--method", "amess", "text"]
        words = [
            "reproduce",
            what,
            *methods,
            *common,
            *chosen,
            "--results",
            tmp_path / "results",
            "--seeds",
            *seeds,
            *more,
        ]
        return [str(word) for word in words]

    return make


def start(arguments):
    return warm.Popen(
        [sys.executable, "-m", "mia_plugins.cli", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def results(folder):
    return {path.name: json.loads(path.read_text()) for path in (folder / "results" / "runs").glob("*.json")}


def test_a_table_and_nothing_done_twice(arguments, tmp_path, capsys):
    assert main([*arguments("table1", seeds=(0, 1)), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "4 runs; results in" in shown
    assert shown.count("to do") == 4
    assert not results(tmp_path)

    assert main(arguments("table1", seeds=(0, 1))) == 0
    shown = capsys.readouterr().out
    places = re.findall(r"^--- run (\d) of 4(, less than a minute left)?: (.*)$", shown, re.MULTILINE)
    assert [number for number, _, _ in places] == ["1", "2", "3", "4"]
    assert [bool(left) for _, left, _ in places] == [False, True, True, True]
    assert {what for _, _, what in places} == {
        f"{label}, MIntRec2.0, tiny-bert, seed {seed}" for label in ("A-MESS", "Text only") for seed in (0, 1)
    }
    made = results(tmp_path)
    assert len(made) == 4
    accuracies = [each["metrics"]["acc"] for each in made.values() if each["method"] == "amess"]
    cell = f"{statistics.fmean(accuracies):.2f} ± {statistics.stdev(accuracies):.2f}"
    text = (tmp_path / "results" / "table1.md").read_text()
    assert f"| A-MESS | {cell} | 62.39 |" in text
    assert "| MAG-BERT (quoted, not run) | – | 60.58 |" in text
    assert "A-MESS − Text only, ACC" in text
    assert "2 seeds allow no p below 0.5" in text
    with open(tmp_path / "results" / "table1.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["row"] == "A-MESS" and row["metric"] == "acc"]
    assert float(rows[0]["mean"]) == pytest.approx(statistics.fmean(accuracies), abs=1e-4)
    assert rows[0]["seeds"] == "0 1"
    assert rows[0]["paper"] == "62.3900"

    assert main(arguments("table1", seeds=(0, 1))) == 0
    assert "--- " not in capsys.readouterr().out  # no run is begun
    assert main(arguments("table1", seeds=(0, 1, 2))) == 0
    shown = capsys.readouterr().out
    assert shown.count("--- ") == 2
    assert "--- run 5 of 6: " in shown  # four were finished before


@pytest.mark.parametrize("seed", ["-1", "4294967296"])
def test_a_seed_that_is_none_is_one_line(arguments, tmp_path, capsys, seed):
    assert main([*arguments("table1", seeds=(0, seed)), "--dry-run"]) == 2
    assert f"--seeds: {seed} is not a whole number from 0 to 4294967295" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


def test_a_damaged_result_is_named(arguments, tmp_path, capsys):
    assert main([*arguments("fig5"), "--dry-run"]) == 0
    given = make_parser().parse_args(arguments("fig5"))
    (run,) = make_plan(experiments("fig5", given.dataset), given).runs
    path = tmp_path / "results" / "runs" / f"{run.name}.json"
    for content in ("", "[]", "[" * 100_000, '{"metrics": 3}', '{"seed": 0, "settings": {}, "metrics": {"a": "b"}}'):
        path.write_text(content)
        capsys.readouterr()
        assert main([*arguments("fig5"), "--dry-run"]) == 2
        error = capsys.readouterr().err
        assert str(path) in error
        assert "remove" in error
        assert len(error.strip().splitlines()) == 1


def test_a_config_that_no_method_has_is_one_line(arguments, capsys):
    assert main([*arguments("table1"), "--config_file_name", "amess_papr", "--dry-run"]) == 2
    assert "no method of the plan has it; known: amess, amess_" in capsys.readouterr().err
    assert main([*arguments("table1"), "--config_file_name", "amess_paper", "--dry-run"]) == 0


def test_out_of_scope_table_with_its_own_model_selection(arguments, tmp_path, capsys):
    assert main([*arguments("table2"), "--set", "eval_monitor=is_os_f1"]) == 0
    shown = capsys.readouterr().out
    assert "dev is_os_f1" in shown
    assert all(each["ood"] and "f1-open" in each["metrics"] for each in results(tmp_path).values())


def test_a_killed_plan_goes_on(arguments, tmp_path, capsys):
    words = arguments("table3", settings=[*SETTINGS[1:], "num_train_epochs=20"])
    process = start(words)
    for line in process.stdout:  # into the second run
        if line.startswith("epoch 3:") and results(tmp_path):
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = results(tmp_path)
    assert 1 <= len(before) < 4
    assert not (tmp_path / "results" / "table3.md").exists()

    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "started, continues" in shown
    assert shown.count("--- ") == 4 - len(before)
    goes_on = shown.split("--- ")[1]
    assert "epoch 1:" not in goes_on  # the run under way resumes
    assert "best epoch" in goes_on
    after = results(tmp_path)
    assert {name: after[name] for name in before} == before
    assert len(after) == 4
    assert (tmp_path / "results" / "table3.md").exists()


def test_two_processes_on_one_folder_take_different_runs(arguments, tmp_path, capsys):
    words = arguments("table3", settings=[*SETTINGS[1:], "num_train_epochs=20"])
    other = start(words)
    theirs = [next(line for line in other.stdout if line.startswith("--- "))]
    assert main(words) == 0  # while the other is at its first run
    mine = [line for line in capsys.readouterr().out.splitlines() if line.startswith("--- ")]
    output, errors = other.communicate()
    assert other.returncode == 0, errors
    theirs = [line.strip() for line in [*theirs, *output.splitlines()] if line.startswith("--- ")]
    assert mine
    assert not set(mine) & set(theirs)
    assert len(mine) + len(theirs) == len(results(tmp_path)) == 4
    assert "4 of 4 runs" in (tmp_path / "results" / "table3.md").read_text()  # written by whoever came last


def test_under_a_launcher_each_process_makes_its_part_by_itself(arguments, tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = str(server.getsockname()[1])
    launcher = ["torch.distributed.run", "--nproc_per_node", "2", "--master_port", port, "-m", "mia_plugins.cli"]
    command = [sys.executable, "-m", *launcher, *arguments("table3")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("--- ") == len(results(tmp_path)) == 4


def test_a_run_that_fails_stops_no_other(arguments, tmp_path, capsys, monkeypatch):
    from mia_plugins.methods.amess import fusion

    def broken(*_, **__):
        raise RuntimeError("out of\nmemory")

    monkeypatch.setattr(fusion.SumEmbedding, "forward", broken)
    assert main(arguments("table3")) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(
        "error: 2 of 4 runs failed; first: without A-ME, MIntRec2.0, tiny-bert, seed 0: Runtime"
    )
    assert len(captured.err.strip().splitlines()) == 1
    assert len(results(tmp_path)) == 2
    assert "| without A-ME | – | – | – | – | 0 of 1 |" in (tmp_path / "results" / "table3.md").read_text()
    monkeypatch.undo()
    assert main(arguments("table3")) == 0
    assert len(results(tmp_path)) == 4


def test_results_of_other_code_are_made_again_unless_asked(arguments, tmp_path, capsys):
    assert main(arguments("fig5")) == 0
    (path,) = (tmp_path / "results" / "runs").glob("*.json")
    path.rename(path.with_name(path.name[:-13] + "00000000.json"))  # as if another version had made it
    capsys.readouterr()
    assert main([*arguments("fig5"), "--any_code", "--dry-run"]) == 0
    assert "  done\n" in capsys.readouterr().out
    assert main([*arguments("fig5"), "--dry-run"]) == 0
    assert "code changed since" in capsys.readouterr().out


def test_figures_are_drawn(arguments, tmp_path):
    import xml.dom.minidom

    pytest.importorskip("matplotlib")
    assert main([*arguments("fig4"), "--anchors", "2", "4"]) == 0
    assert main(arguments("fig5")) == 0
    for name in ("fig4", "fig5_MIntRec2.0"):
        xml.dom.minidom.parse(str(tmp_path / "results" / f"{name}.svg"))
        assert (tmp_path / "results" / f"{name}.png").stat().st_size > 5000
