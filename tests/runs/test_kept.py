"""A kept model: found again, moved, restored without its training's options, refused where it does not fit."""

import json
import shutil

import numpy as np
import pytest
from tiny import SETTINGS

import mia_plugins
from mia_plugins.errors import UserError
from mia_plugins.plugin.settings import parse_assignments


@pytest.fixture(scope="module")
def trained(data, backbone, tmp_path_factory):
    """A trained run, made with an encoder in a folder that is gone afterwards."""
    folder = tmp_path_factory.mktemp("trained")
    encoder = shutil.copytree(backbone, folder / "encoder")
    settings = {**parse_assignments(SETTINGS), "num_train_epochs": 1, "sentence_encoder": str(encoder)}
    run = mia_plugins.run(
        **places(folder), data_path=data, text_backbone=encoder, train=True, test_ood=True, set=settings
    ).runs[0]
    moved = folder / "moved"
    run.folder.rename(moved)
    shutil.rmtree(encoder)
    return moved, run


def places(folder):
    names = ("output_path", "log_path", "results_path")
    return {name: str(folder / name) for name in names}


def test_a_moved_folder_scores_the_same_without_encoder_and_options(trained, data, tmp_path):
    folder, run = trained
    again = mia_plugins.run(**places(tmp_path), data_path=data, restore=folder, test_ood=True).runs[0]
    assert again.metrics == run.metrics
    assert all(np.array_equal(run.arrays[name], again.arrays[name]) for name in run.arrays)


def test_thresholds_come_from_the_folder_not_from_the_training_clips(trained, data, tmp_path, monkeypatch):
    from mia_plugins.training import manager

    folder, run = trained
    read = []
    monkeypatch.setattr(manager, "load_predictions", lambda path: read.append(path) or run_reference(path))
    mia_plugins.run(**places(tmp_path), data_path=data, restore=folder, test_ood=True)
    assert read == [folder / "models" / "reference.npz"]


def run_reference(path):
    from mia_plugins.training.reference import load_predictions

    return load_predictions(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "text"}, "trained with 'amess'; leave --method out"),
        ({"seed": 3}, "trained with seed 0"),
        ({"set": {"lr": 1e-3}}, "--set and --restore"),
        ({"train": True}, "--train and --restore"),
        ({"train_ood": True}, "--train_ood True: .* trained with False"),
    ],
)
def test_options_beside_must_agree(trained, data, tmp_path, options, words):
    with pytest.raises(UserError, match=words):
        mia_plugins.run(**places(tmp_path), data_path=data, restore=trained[0], **options)


@pytest.mark.parametrize("part", ["model.safetensors", "backbone", "reference.npz", "kept.json"])
def test_a_folder_with_a_part_missing(trained, data, tmp_path, part):
    folder = shutil.copytree(trained[0], tmp_path / "copy")
    target = folder / "models" / part
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    with pytest.raises(UserError, match=part):
        mia_plugins.run(**places(tmp_path), data_path=data, restore=folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', "[" * 100_000, '{"format": 1, "options": 3}'])
def test_a_damaged_description_of_a_model(trained, data, tmp_path, text):
    folder = shutil.copytree(trained[0], tmp_path / "copy")
    (folder / "models" / "kept.json").write_text(text)
    with pytest.raises(UserError, match=r"kept\.json"):
        mia_plugins.run(**places(tmp_path), data_path=data, restore=folder)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_by_name(trained, data, tmp_path, value):
    from safetensors.numpy import load_file, save_file

    folder = shutil.copytree(trained[0], tmp_path / "copy")
    path = folder / "models" / "model.safetensors"
    weights = load_file(path)
    weights["classifier.bias"][3] = value
    save_file(weights, path)
    with pytest.raises(UserError, match=r"model\.safetensors: classifier\.bias holds values that are not finite"):
        mia_plugins.run(**places(tmp_path), data_path=data, restore=folder)


def test_restoring_leaves_the_folder_as_it_is(trained, data, tmp_path):
    folder = trained[0]
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    mia_plugins.run(**places(tmp_path), data_path=data, restore=folder, save_results=True)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    record = json.loads(next(tmp_path.glob("output_path/amess*/run.json")).read_text())
    assert record["restored"] == str(folder / "models")


def test_a_test_set_alone_is_scored_as_beside_the_training_clips(trained, data, tmp_path):
    """With DOC's thresholds and a detector that is fitted on the training clips' features."""
    alone = shutil.copytree(data, tmp_path / "alone")
    for table in [*alone.rglob("train.tsv"), *alone.rglob("dev.tsv")]:
        table.unlink()
    folder, run = trained
    again = mia_plugins.run(**places(tmp_path), data_path=alone, restore=folder, test_ood=True).runs[0]
    assert again.metrics == run.metrics
    options = {"restore": folder, "test_ood": True, "test_mode": "ood_det", "ood_detection_method": "vim"}
    detected = [
        mia_plugins.run(**places(tmp_path / str(number)), data_path=path, **options).runs[0].metrics
        for number, path in enumerate((data, alone))
    ]
    assert detected[0] == detected[1]
    with pytest.raises(UserError, match=r"train\.tsv"):
        mia_plugins.run(**places(tmp_path), data_path=alone, restore=folder, modality_ablation=True)


def test_latest_still_leads_to_the_model_after_it_was_tested(trained, data, tmp_path):
    options = {**places(tmp_path), "data_path": data}
    folder = shutil.copytree(trained[0], tmp_path / "output_path" / "trained")
    latest = tmp_path / "output_path" / "latest"
    latest.symlink_to(folder.name)
    mia_plugins.run(**options, restore=latest)
    mia_plugins.run(**options, restore=latest, test_ood=True)  # as the README's commands follow each other
    assert mia_plugins.load(latest).predict("thanks").intent == mia_plugins.load(folder).predict("thanks").intent
