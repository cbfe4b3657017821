"""``mia-plugins run`` on the stand-in hosts, as typed, each in a process of its own."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hosts.standins import make_data, make_standin
from tiny import command

from mia_plugins.hosts.facts.detect import Checkout
from mia_plugins.hosts.facts.table import MINTREC2
from mia_plugins.hosts.live.register import config_modules

HOSTS = ("MMOIR", "MIntRec2.0", "MIntRec", "MIntOOD")


def snapshot(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def stand(tmp_path_factory):
    """Folder of a stand-in by its name, and the data beside it; the path has a space."""
    base = tmp_path_factory.mktemp("my hosts")
    return {name: (make_standin(base / name, name), make_data(base / f"data {name}", name)) for name in HOSTS}


@pytest.fixture
def run(plugins, stand, backbone):
    """Runs a method in a stand-in for an epoch."""

    def start(name, *arguments, method="amess", ours=(), fails=False, settings=True):
        folder, data = stand[name]
        own = ["num_train_epochs=1", "train_batch_size=16", "num_anchors=3", f"sentence_encoder={backbone}"]
        chosen = [part for text in own if settings and method != "own" for part in ("--set", text)]
        done = plugins(
            *["run", folder, "--pretrained", f"bert-base-uncased={backbone}", *chosen, *ours, "--"],
            *["--method", method, "--data_path", data, "--save_results", *arguments],
        )
        assert (done.returncode != 0) == fails, done.stderr + done.stdout
        return done

    return start


def test_every_host_and_nothing_changes_in_it(run, stand, table, tmp_path):
    for name in HOSTS:
        before = snapshot(stand[name][0])
        extra = {"MMOIR": ["--test_ood"], "MIntOOD": ["--ood_detection_method", "msp"]}.get(name, [])
        run(name, "--train", "--seed", "3", "--results_file_name", f"{name}.csv", *extra)
        (row,) = table(f"results/{name}.csv")
        assert row["seed"] == "3"
        assert 0 <= float(row["acc"]) <= 100
        assert ("f1-open" in row) == (name in ("MMOIR", "MIntRec2.0"))
        assert ("auroc" in row) == (name == "MIntOOD")
        assert snapshot(stand[name][0]) == before


@pytest.mark.parametrize("name", HOSTS)
def test_the_hosts_own_method_runs_as_before(run, table, name):
    extra = ["--ood_detection_method", "msp"] if name == "MIntOOD" else []
    done = run(name, "--train", *extra, method="own")
    rows = table()
    assert len(rows) == {"MMOIR": 2, "MIntRec": 1}.get(name, 2)  # the script's own seeds, a second row by append
    assert {row["method"] for row in rows} == {"own"}
    assert ("the plugin is called mia_text" in done.stderr) == (name != "MMOIR")  # the host's text keeps its name


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("MMOIR", ["--test_ood"], ["--test_ood"]),
        ("MMOIR", ["--test_ood", "--train_ood"], ["--test_ood", "--train_ood"]),
        ("MIntRec2.0", ["--test_ood"], []),
        ("MIntRec", [], []),
    ],
)
def test_bit_for_bit_what_run_py_gives(run, stand, table, tmp_path, backbone, name, ours, theirs):
    run(name, "--train", "--seed", "2", *theirs, ours=["--set", "num_train_epochs=2"])
    folder = stand[name][1]
    data = folder.parent if name == "MIntRec2.0" else folder
    if name == "MIntRec2.0":  # the file names this host wants, under those run.py knows
        data = Path(shutil.copytree(data, tmp_path / "copy"))
    settings = ["num_train_epochs=2", "train_batch_size=16", "num_anchors=3", f"sentence_encoder={backbone}"]
    settings += ["length_batches=False"]  # a host draws its batches itself
    chosen = [part for text in settings for part in ("--set", text)]
    done = command(
        *["--method", "amess", "--dataset", "MIntRec2.0" if "2" in name or name == "MMOIR" else "MIntRec"],
        *["--data_path", data, "--text_backbone", backbone, "--train", "--seed", "2", "--save_results"],
        *["--output_path", "ours", "--results_path", "ours", *ours, *chosen],
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    for array in ("features", "y_pred", "y_true"):
        mine = np.load(next(tmp_path.glob(f"ours/*/{array}.npy")))
        assert np.array_equal(mine, np.load(tmp_path / "outputs" / f"{array}.npy"))
    (mine,), (row,) = table("ours/results.csv"), table()
    for metric in ("acc", "f1", "prec", "rec", "oid_acc", "f1-known", "f1-open", "oid_f1"):
        if metric in row:
            assert float(row[metric]) == float(mine[metric])


@pytest.mark.parametrize("name", HOSTS)
def test_testing_alone_scores_the_same(run, table, tmp_path, name):
    extra = {"MMOIR": ["--test_ood"], "MIntOOD": ["--ood_detection_method", "residual"]}.get(name, [])
    if name == "MIntRec":
        done = run(name, fails=True)
        assert "cannot test without --train" in done.stderr
        extra = ["--model_path", str(tmp_path / "models")]
    run(name, "--train", "--save_model", "--seed", "1", *extra)
    run(name, "--seed", "1", *extra)
    first, second = table()
    assert {key: first[key] for key in ("acc", "f1")} == {key: second[key] for key in ("acc", "f1")}


@pytest.mark.parametrize("name", ["MMOIR", "MIntOOD"])
def test_detectors_get_what_they_expect(run, table, name):
    ood = ["--test_ood", "--test_mode", "ood_det"] if name == "MMOIR" else []
    ood += ["--train_ood"] if name == "MMOIR" else []  # a class more in the head: the detectors see the others
    for detector in ("msp", "maxlogit", "residual"):  # the stand-in asserts on shapes and ranges
        run(name, "--train", "--seed", "0", "--ood_detection_method", detector, *ood)
    assert len(table()) == 3
    done = run(name, "--train", "--seed", "0", "--ood_detection_method", "odin", *ood, fails=True)
    assert done.stderr.splitlines()[-1] == "error: --ood_detection_method odin: choose maxlogit, msp, residual"


def test_outlier_exposure_has_its_own_name(run, table):
    done = run("MIntRec2.0", "--train", "--seed", "0", method="amess_ood")
    assert "training with out-of-scope clips: outlier_exposure" in done.stderr
    assert table()[0]["method"] == "amess_ood"


def test_a_list_is_a_grid_and_seeds_are_ours_to_give(run, table):
    for name in HOSTS:
        file = f"{name}.csv"
        extra = ["--ood_detection_method", "msp"] if name == "MIntOOD" else []
        run(
            *[name, "--train", "--results_file_name", file, *extra],
            ours=["--set", "num_anchors=[1, 2]", "--seeds", "7", "8"],
        )
        rows = table(f"results/{file}")
        assert sorted((row["seed"], row["num_anchors"]) for row in rows) == [(s, k) for s in "78" for k in "12"]


@pytest.mark.parametrize(
    ("name", "method"),
    [("MMOIR", "text"), ("MIntRec2.0", "mia_text"), ("MMOIR", "mag_bert"), ("MIntRec2.0", "mia_mag_bert_ood")],
)
def test_a_plugin_beside_the_hosts_method_of_its_name(run, table, name, method):
    extra = ["--test_ood"] if name == "MMOIR" else []
    chosen = ["--set", "num_train_epochs=1"]
    run(name, "--train", "--seed", "0", *extra, method=method, settings=False, ours=chosen)
    assert table()[0]["method"] == method
    assert "f1-open" in table()[0]


def test_minilm_by_its_name_and_files_from_the_users_config(plugins, stand, backbone, tmp_path, table):
    folder, data = stand["MMOIR"]
    data = shutil.copytree(data, tmp_path / "moved")
    for path in data.rglob("swin_roi.pkl"):
        path.rename(path.with_name("elsewhere.pkl"))
    config = {"pretrained": {"all-MiniLM-L6-v2": str(backbone)}, "video_file": {"swin-roi": "elsewhere.pkl"}}
    (tmp_path / "hosts.json").write_text(json.dumps(config))
    done = plugins(
        *["run", folder, "--set", "num_train_epochs=1", "--set", f"sentence_encoder={backbone}", "--"],
        *["--text_backbone", "all-MiniLM-L6-v2", "--data_path", data, "--train", "--save_results", "--seed", "0"],
    )
    assert done.returncode == 0, done.stderr
    assert "all-MiniLM-L6-v2 is called bert-all-MiniLM-L6-v2 here" in done.stderr
    assert table()
    (tmp_path / "hosts.json").write_text("[]")
    done = plugins("run", folder, "--", "--data_path", data)
    assert done.returncode == 2
    assert "hosts.json: has an unknown part; write it as" in done.stderr


def test_float32_padding_changes_no_metric(run, table):
    for ours in ([], ["--float32"]):
        run("MMOIR", "--train", "--seed", "0", "--test_ood", ours=ours)
    first, second = table()
    assert first == second


@pytest.mark.parametrize(
    ("name", "arguments", "ours", "words"),
    [
        ("MMOIR", ["--method", "nothing"], [], "--method nothing: MMOIR has amess, "),
        ("MMOIR", ["--dataset", "MELD-DA"], [], "--dataset MELD-DA: MMOIR runs MIntRec2.0 and MIntRec for amess"),
        (
            "MMOIR",
            ["--dialogue_mode", "multi_turn"],
            [],
            "multi_turn/__init__.py is missing; leave --dialogue_mode",
        ),
        ("MMOIR", ["--dialogue_mode", "multi"], [], "--dialogue_mode multi: give single_turn or multi_turn"),
        ("MMOIR", ["--data_path", "/nowhere"], [], "no /nowhere/MIntRec2.0/in-scope/train.tsv"),
        ("MMOIR", ["--seed", "x"], [], "--seed x: give a whole number"),
        ("MMOIR", [], ["--set", "num_anchor=3"], "unknown hyper-parameter 'num_anchor'; did you mean num_anchors?"),
        ("MMOIR", [], ["--pretrained", "bert"], "--pretrained bert: write it as NAME=PATH"),
        ("MMOIR", [], ["--pretrained", "bert=/nowhere"], "--pretrained bert=/nowhere: no such folder"),
        ("MMOIR", [], ["--feat_dim", "video"], "write it as video=256"),
        ("MMOIR", [], ["--sets", "3"], "unrecognized arguments: --sets"),
        ("MIntRec", ["--train"], ["--float32"], "MIntRec pads inside its own classes"),
    ],
)
def test_errors_are_one_line(run, name, arguments, ours, words):
    last = [part for part in arguments if part.startswith("--")]
    done = run(name, *arguments, ours=ours, fails=True)
    assert done.returncode == 2, last
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_read_only_checkout(run, stand, tmp_path, table):
    folder = stand["MMOIR"][0]
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        run("MMOIR", "--train", "--seed", "0")
    finally:
        for path in paths:
            path.chmod(path.stat().st_mode | 0o200)
    assert table()


def test_a_package_that_hides_the_hosts(plugins, stand, tmp_path):
    (tmp_path / "elsewhere" / "methods").mkdir(parents=True)
    (tmp_path / "elsewhere" / "methods" / "__init__.py").write_text("")
    folder, data = stand["MMOIR"]
    path = os.pathsep.join([str(Path(__file__).parents[2]), str(tmp_path / "elsewhere")])
    done = plugins("run", folder, "--", "--data_path", data, PYTHONPATH=path)
    assert done.returncode == 2
    assert "another package hides MMOIR's: methods (" in done.stderr


def test_two_methods_of_one_name(plugins, stand, tmp_path):
    info = tmp_path / "site" / "rival-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mia_plugins.methods]\namess = rival:METHOD\n")
    folder, data = stand["MMOIR"]
    path = os.pathsep.join([str(Path(__file__).parents[2]), str(tmp_path / "site")])
    for arguments in (["run", folder, "--", "--data_path", data], ["hosts", folder]):
        done = plugins(*arguments, PYTHONPATH=path)
        assert done.returncode == 2
        assert "two packages register 'amess'" in done.stderr.splitlines()[-1]


def test_a_config_of_the_hosts_own_method_stays(tmp_path):
    """A plugin may be called as a method of the host is, and its configs too."""
    (tmp_path / "configs" / "single_turn").mkdir(parents=True)
    (tmp_path / "configs" / "single_turn" / "mag_bert.py").write_text("class Param: pass\n")
    names = config_modules(Checkout(MINTREC2, tmp_path), "mia_mag_bert", "mia_plugins.configs.mag_bert", None)
    assert "configs.single_turn.mag_bert" not in names
    assert names["configs.single_turn.mag_bert_paper"] == "mag_bert_paper"
    assert names["configs.single_turn.mia_mag_bert"] is None
