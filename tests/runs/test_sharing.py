"""A kept model given away: by folder, and through a hub on loopback."""

import json

import numpy as np
import pytest
from hub_stand_in import Hub
from tiny import SETTINGS

import mia_plugins
from mia_plugins.errors import UserError
from mia_plugins.plugin.settings import parse_assignments
from mia_plugins.runs.kept import read_kept
from mia_plugins.runs.sharing import push_to_hub, save_pretrained


@pytest.fixture(scope="module")
def trained(data, backbone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    settings = {**parse_assignments(SETTINGS), "num_train_epochs": 1, "sentence_encoder": str(backbone)}
    where = {name: str(folder / name) for name in ("output_path", "log_path", "results_path")}
    results = mia_plugins.run(**where, data_path=data, text_backbone=backbone, train=True, test_ood=True, set=settings)
    return results.runs[0]


@pytest.fixture
def hub(monkeypatch, tmp_path):
    from huggingface_hub import constants

    stand_in = Hub()
    monkeypatch.setattr(constants, "ENDPOINT", stand_in.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", stand_in.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    yield stand_in
    stand_in.stop()


def answers(model):
    video = np.random.default_rng(0).normal(size=(3, 6))
    return [model.predict(text, video=frames) for text in ("thanks you", "sorry") for frames in (None, video)]


def test_a_copy_answers_the_same_without_the_run(trained, tmp_path):
    before = answers(mia_plugins.load(trained.folder))
    place = save_pretrained(read_kept(trained.folder), tmp_path / "mine", license="cc-by-4.0")
    moved = place.rename(tmp_path / "elsewhere")
    assert answers(mia_plugins.load(moved)) == before
    assert not [path for path in moved.rglob("*") if path.suffix in (".pt", ".pkl", ".bin", ".py")]
    again = save_pretrained(read_kept(moved), tmp_path / "third")
    assert {path.relative_to(again) for path in again.rglob("*")} == {
        path.relative_to(moved) for path in moved.rglob("*")
    }
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    with pytest.raises(UserError, match="holds something else"):
        save_pretrained(read_kept(moved), tmp_path / "full")


def test_the_card_says_what_the_run_was(trained, tmp_path):
    kept = read_kept(trained.folder)
    card = (save_pretrained(kept, tmp_path / "m", license="cc-by-4.0") / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: mia-plugins\n")
    assert "\nlicense: cc-by-4.0\n---" in card
    record = json.loads((trained.folder / "run.json").read_text())
    assert f"{record['metrics']['acc']:.2f}" in card
    assert "| epoch | loss |" in card
    assert "num_train_epochs" in card
    true, guess = trained.arrays["y_true"], trained.arrays["y_pred"]
    label = int(true[true < 30][0])
    hits = int(((true == label) & (guess == label)).sum())
    row = next(line for line in card.splitlines() if line.startswith(f"| {kept.task.labels[label]} |"))
    recall = 100 * hits / int((true == label).sum())
    assert row.split("|")[3].strip() == f"{recall:.1f}"
    assert "No licence is stated" in (save_pretrained(kept, tmp_path / "n") / "README.md").read_text()


def test_through_the_hub_and_back(trained, hub):
    push_to_hub(read_kept(trained.folder), "me/intents", token="hf_secret")
    assert "Bearer hf_secret" in hub.tokens
    hub.files["me/intents"]["evil.py"] = b"raise SystemExit"
    hub.files["me/intents"]["training.pkl"] = b"cos\nsystem\n(S'true'\ntR."
    model = mia_plugins.load("me/intents")
    assert answers(model) == answers(mia_plugins.load(trained.folder))
    assert not [path for path in model.kept.folder.rglob("*") if path.suffix in (".py", ".pkl")]


def test_what_the_hub_has_not(trained, hub):
    with pytest.raises(UserError, match="me/nothing: no such folder, and not to be had from the hub") as caught:
        mia_plugins.load("me/nothing")
    assert "\n" not in str(caught.value)
    hub.refuse = 403
    with pytest.raises(UserError, match="the hub answers 403"):
        push_to_hub(read_kept(trained.folder), "me/intents", token="hf_secret")
    hub.stop()
    with pytest.raises(UserError, match="not to be had from the hub") as caught:
        push_to_hub(read_kept(trained.folder), "me/intents", token="hf_secret")
    assert "hf_secret" not in str(caught.value)
