"""What lies on disk of a trained model, damaged or swapped: refused by name, nothing run, nothing scored."""

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reliability.attack import attempt, expect, fuzz
from reliability.damage import ALL

import mia_plugins

NUMBERS = (None, True, 0, -1, 1, 1.5, 10**9, 2**63, 10**400, float("nan"), "x", "1", "\ud800", [], [[]], {}, {"a": 1})
RECORD = st.recursive(st.sampled_from(NUMBERS), lambda inner: st.lists(inner, max_size=2), max_leaves=3)


@pytest.fixture(scope="module")
def trained(data, backbone, tmp_path_factory):
    """The folder of a run of the text baseline."""
    folder = tmp_path_factory.mktemp("trained")
    options = {"data_path": data, "text_backbone": backbone, "set": {"num_train_epochs": 1}, **places(folder)}
    return mia_plugins.run(method="text", train=True, test_ood=True, **options).runs[0].folder


@pytest.fixture(scope="module")
def restore(trained, data, tmp_path_factory):
    """Restores a copy of the trained run in which ``change(models)`` was made, and tests it."""

    def restore(change):
        folder = tmp_path_factory.mktemp("changed")
        place = shutil.copytree(trained, folder / "run")
        change(place / "models")
        try:
            return mia_plugins.run(restore=str(place), data_path=str(data), test_ood=True, **places(folder)).mean
        finally:
            done = [path for path in folder.glob("output_path/*/run.json") if path.parent.name != "latest"]
            shutil.rmtree(folder)
            restore.finished = bool(done)

    return restore


def places(folder):
    return {name: str(folder / name) for name in ("output_path", "log_path", "results_path")}


def test_unchanged(restore):
    assert attempt("kept models that are right", lambda: restore(lambda models: None)).value


def edit(change):
    def edited(models):
        path = models / "kept.json"
        kept = json.loads(path.read_text())
        change(kept)
        path.write_text(json.dumps(kept))

    return edited


KEYS = [
    *[("task", key) for key in ("dataset", "labels", "num_classes", "text_backbone", "text_length", "video_dim")],
    *[("options", key) for key in ("method", "dataset", "data_mode", "text_backbone", "train_ood", "seed", "new")],
    *[("settings", key) for key in ("lr", "eval_batch_size", "precision", "new")],
    *[("method_settings", key) for key in ("new",)],
    *[(key,) for key in ("task", "options", "settings", "method_settings", "identity", "changed", "format")],
]  # fmt: skip


@fuzz(40)
@given(st.sampled_from(KEYS), RECORD)
def test_kept_json(restore, trained, keys, value):
    """One value of the description is another: refused, or it makes no difference to the scores."""
    kind = "kept models: kept.json"

    def change(kept):
        place = kept
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    ending = attempt(kind, lambda: restore(edit(change)))
    if ending.value is not None:
        right = json.loads((trained / "run.json").read_text())["metrics"]
        expect(kind, ending.value == right, f"{keys} = {value!r} gives other scores")


@pytest.mark.parametrize("section", ["task", "options", "settings", "identity"])
def test_kept_json_lacks_a_part(restore, section):
    for key in [None, *list(json.loads(KEPT_EXAMPLE)[section])[:3]]:
        change = (lambda kept: kept.pop(section)) if key is None else (lambda kept: kept[section].pop(key))  # noqa: B023
        attempt("kept models: kept.json", lambda: restore(edit(change)))  # noqa: B023


KEPT_EXAMPLE = '{"task": {"labels": 0, "num_classes": 0}, "options": {"method": 0, "seed": 0, "train_ood": 0}, '
KEPT_EXAMPLE += '"settings": {"lr": 0}, "identity": {"text_backbone": 0}}'


@pytest.mark.parametrize(("part", "name"), [(part, name) for part, changes in ALL.items() for name in changes])
def test_damaged(restore, part, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    harmless = ("tokenizer gone", "config with code", "config of 0 layers")
    kind = f"kept models: {part}"
    ending = attempt(kind, lambda: restore(ALL[part][name]))
    expect(kind, ending.message is not None or name in harmless, f"{name}: scored as {ending.value}")
    expect(kind, not (tmp_path / "ran").exists(), "code ran")
    expect(kind, ending.message is None or not restore.finished, "a refused run is called finished")
