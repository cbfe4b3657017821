"""``run.py`` as its user types it: what it prints, leaves behind and restores."""

import csv
import json

import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import command, run_arguments
from torch.utils.data import DataLoader, Dataset

import mia_plugins
from mia_plugins.__main__ import main
from mia_plugins.errors import UserError
from mia_plugins.evaluation.ood_scores import ood_scores
from mia_plugins.runs import command as command_module


def rows(folder):
    with open(folder / "results" / "results.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_train_save_and_restore_score_the_same(data, backbone, tmp_path):
    common = run_arguments(data, backbone, "--test_ood", "--train_ood", "--save_results")
    first = command(*common, "--train", cwd=tmp_path)  # as typed, in processes of their own
    assert first.returncode == 0, first.stderr
    second = command(*common, cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    trained, restored = rows(tmp_path)
    names = ["acc", "weighted_f1", "weighted_prec", "f1", "prec", "rec", "oid_acc", "f1-known", "f1-open", "oid_f1"]
    assert [trained[name] for name in names] == [restored[name] for name in names]
    assert list(trained)[: len(names)] == names
    assert trained["eval_acc"]
    assert not restored["eval_acc"]
    folder = tmp_path / trained["folder"]
    assert folder.name.startswith("amess_MIntRec2.0_tiny-bert_multi-class_0_")
    assert {path.name for path in folder.iterdir()} == {
        "models",
        "lease",
        "y_pred.npy",
        "y_true.npy",
        "y_open.npy",
        "features.npy",
        "logits.npy",
        "run.json",
        "clips.json",
        "inspection.npz",
    }
    assert {path.name for path in (folder / "models").iterdir()} == {
        "model.safetensors",
        "config.json",
        "kept.json",
        "backbone",
        "reference.npz",
        "calibration.npz",
    }
    assert np.load(folder / "y_true.npy").max() == 30
    assert "in-scope (%)" in first.stdout
    assert "IS + OOS (%)" in first.stdout
    log = "".join(path.read_text() for path in (tmp_path / "logs").glob("*.log"))
    assert "epoch 2: loss" in log


@pytest.mark.parametrize("method", ["ma", "vim", "msp", "maxlogit", "energy", "residual"])
def test_every_detector(data, tmp_path, monkeypatch, small_run, method):
    (run,) = small_run(
        train=True, test_ood=True, test_mode="ood_det", ood_detection_method=method, save_model=True
    ).runs
    logits, features, scores = (run.arrays[name].astype(np.float64) for name in ("logits", "features", "scores"))
    if method in ("msp", "maxlogit", "energy"):
        shares, sigmoids = np.exp(logits), 1 / (1 + np.exp(-logits))  # the benchmark hands two of them sigmoids
        by_logits = {
            "msp": (shares / shares.sum(axis=1, keepdims=True)).max(axis=1),
            "maxlogit": sigmoids.max(axis=1),
            "energy": np.log(np.exp(sigmoids).sum(axis=1)),
        }
        expected = by_logits[method]
    else:
        weights = load_file(run.folder / "models" / "model.safetensors")
        kept = np.load(run.folder / "models" / "reference.npz")
        expected = ood_scores(
            method,
            logits=logits,
            features=features,
            train_features=kept["features"],
            train_labels=kept["label_ids"],
            weight=weights["classifier.weight"],
            bias=weights["classifier.bias"],
            num_labels=30,
        )
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)
    inside = run.arrays["y_true"] < 30
    pairs = np.sign(scores[inside][:, None] - scores[~inside][None])  # how often an in-scope clip scores higher
    assert run.metrics["auroc"] == pytest.approx(100 * (1 + pairs.mean()) / 2)
    assert {"aupr_in", "aupr_out", "fpr95", "der", "eer"} <= set(run.metrics)


@pytest.fixture
def small_run(data, backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(**options):
        own = {"num_train_epochs": 1, "train_batch_size": 16, "sentence_encoder": str(backbone), "num_anchors": 3}
        own.update(options.pop("set", {}))
        options = {"method": "amess", "dataset": "MIntRec2.0", "data_path": str(data), **options}
        if options["method"] != "amess":
            own = {"num_train_epochs": 1}
        return mia_plugins.run(set=own, **{"text_backbone": str(backbone), **options})

    return run


def test_from_a_notebook(small_run):
    results = small_run(train=True, seeds=[0, 1])
    assert [run.seed for run in results.runs] == [0, 1]
    assert results.mean["acc"] == pytest.approx(sum(run.metrics["acc"] for run in results.runs) / 2)
    assert "mean ± std" in results.table


def test_same_seed_same_metrics_and_the_seed_is_obeyed(small_run):
    first, again, other = (small_run(train=True, seed=seed).runs[0] for seed in (3, 3, 4))
    assert first.metrics == again.metrics
    assert np.array_equal(first.arrays["features"], again.arrays["features"])
    assert not np.array_equal(first.arrays["features"], other.arrays["features"])


def test_a_list_is_a_grid(small_run, tmp_path):
    results = small_run(train=True, save_results=True, set={"num_anchors": [1, 2]})
    assert [run.choice for run in results.runs] == [{"num_anchors": 1}, {"num_anchors": 2}]
    assert [row["num_anchors"] for row in rows(tmp_path)] == ["1", "2"]


@pytest.mark.parametrize("ood_training", ["k_plus_1", "outlier_exposure"])
def test_both_ways_of_training_with_out_of_scope_clips(small_run, ood_training):
    (run,) = small_run(train=True, train_ood=True, test_ood=True, set={"ood_training": ood_training}).runs
    y_open, y_true, logits = (run.arrays[name] for name in ("y_open", "y_true", "logits"))
    assert logits.shape == (60 + 8, 30 + (ood_training == "k_plus_1"))
    assert run.metrics["oid_acc"] == pytest.approx(100 * (y_open == y_true).mean())
    if ood_training == "k_plus_1":
        assert (y_open == logits.argmax(axis=1)).all()
    inside = y_true < 30
    assert run.metrics["acc"] == pytest.approx(100 * (logits[inside, :30].argmax(axis=1) == y_true[inside]).mean())


def test_out_of_scope_testing_without_such_training_uses_thresholds(small_run):
    (run,) = small_run(train=True, test_ood=True, save_model=True, set={"scale": 0.5}).runs
    kept = np.load(run.folder / "models" / "reference.npz")
    train, test = (1 / (1 + np.exp(-logits.astype(np.float64))) for logits in (kept["logits"], run.arrays["logits"]))
    expected = []
    thresholds = []
    for label in range(30):  # DOC: half a normal distribution around 1, fitted to the label's own probabilities
        distance = train[kept["label_ids"] == label, label] - 1
        thresholds.append(max(0.5, 1 - 0.5 * np.sqrt((distance**2).mean())))
    for probabilities in test:
        best = int(probabilities.argmax())
        expected.append(best if probabilities[best] > thresholds[best] else 30)
    assert run.arrays["y_open"].tolist() == expected


def test_frozen_backbone_moves_only_its_last_layer(small_run, tmp_path, backbone):
    from transformers import AutoModel  # eras save under different file names

    small_run(train=True, save_model=True, freeze_backbone_parameters=True)
    saved = load_file(next(tmp_path.glob("outputs/*/models/model.safetensors")))
    start = {name: value.numpy() for name, value in AutoModel.from_pretrained(backbone).state_dict().items()}
    moved = {
        name
        for name, value in start.items()
        if f"encoder.{name}" in saved and (saved[f"encoder.{name}"] != value).any()
    }
    assert moved
    assert all(name.startswith("encoder.layer.1.") for name in moved)


def test_baseline(small_run):
    (run,) = small_run(method="text", train=True).runs
    assert run.metrics["acc"] == pytest.approx(100 * (run.arrays["y_pred"] == run.arrays["y_true"]).mean())
    assert run.arrays["features"].shape == (60, 16)


def test_a_command_that_trained_no_model_names_the_nearest(small_run, tmp_path):
    small_run(train=True)
    with pytest.raises(UserError, match=r"for the nearest \(it differs in num_anchors\)"):
        small_run(set={"num_anchors": 2})


def test_damaged_checkpoint(small_run, tmp_path):
    small_run(train=True, save_model=True)
    weights = next(tmp_path.glob("outputs/*/models/model.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-50])
    with pytest.raises(UserError, match=r"model\.safetensors: .* train again"):
        small_run()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--method", "ames"], "unknown method 'ames'; did you mean amess?"),
        (["--dataset", "MintRec"], "unknown data set 'MintRec'; did you mean MIntRec?"),
        (["--dataset", "MIntRec"], "no demo data for MIntRec; give --data_path"),
        (["--set", "num_anchor=3"], "unknown hyper-parameter 'num_anchor'; did you mean num_anchors?"),
        (["--set", "num_anchors=many"], "num_anchors='many' should be a whole number"),
        (["--set", "aligned_method=dtw"], "aligned_method='dtw' should be one of salience"),
        (["--set", "lr"], "write it as key=value"),
        (["--gpu_id", "7"], "--gpu_id 7: this machine has"),
        (["--trian"], "unrecognized arguments: --trian"),
        (["--config_file_name", "nothing"], "no config 'nothing' for method amess; known: "),
        (["--data_path", "nowhere", "--text_backbone", "all-MiniLM-L6-v2"], "nowhere"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert words in lines[0]
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "outputs").exists()


class Gone(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise UserError("frames.f32: cannot be read; start again")


def test_an_error_in_a_loading_process_is_one_line_too(monkeypatch, capsys):
    monkeypatch.setattr(command_module, "run", lambda options: list(DataLoader(Gone(), num_workers=1)))
    assert main([]) == 2
    assert capsys.readouterr().err == "error: frames.f32: cannot be read; start again\n"


def test_a_backbone_that_cannot_be_had_says_what_to_do(small_run):
    with pytest.raises(UserError, match=r"'no/such-encoder': no folder of that name, and .* give DIR"):
        small_run(method="text", text_backbone="no/such-encoder")


def test_help_has_groups(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = capsys.readouterr().out
    for heading in ("what to run", "data", "out-of-scope utterances", "model and settings", "what to keep"):
        assert f"\n{heading}:" in shown


def test_a_benchmark_command_line_is_taken_as_it_is(data, backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    benchmark = (
        "--dataset MIntRec2.0 --ood_dataset MIntRec2.0-OOD --logger_name amess --multimodal_method amess --method amess "
        "--ood_detection_method ma --data_mode multi-class --dialogue_mode single_turn --tune --train --test_ood "
        "--test_mode ood_det --save_results --video_feats swin-roi --audio_feats wavlm --config_file_name amess_MIntRec2 "
        "--results_file_name table.csv --output_path out --num_workers 1"
    )
    assert main([*benchmark.split(), *map(str, run_arguments(data, backbone)[4:])]) == 0
    assert (tmp_path / "results" / "table.csv").exists()


def test_the_models_configuration_is_plain_json(small_run, tmp_path):
    small_run(train=True, save_model=True)
    config = json.loads(next(tmp_path.glob("outputs/*/models/config.json")).read_text())
    assert config["method"] == "amess"
    assert config["num_anchors"] == 3
    assert config["code"]
