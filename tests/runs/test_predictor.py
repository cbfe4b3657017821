"""A kept model answers as its run's test did."""

import dataclasses
import json
import math
import shutil

import numpy as np
import pytest
from tiny import SETTINGS

import mia_plugins
from mia_plugins.data.clips import load_clips
from mia_plugins.data_adapters.mintrec2 import ADAPTER
from mia_plugins.errors import UserError
from mia_plugins.plugin.settings import parse_assignments


@pytest.fixture(scope="module", params=[True, False], ids=["k_plus_1", "thresholds"])
def trained(request, data, backbone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    settings = {**parse_assignments(SETTINGS), "num_train_epochs": 1, "sentence_encoder": str(backbone)}
    names = ("output_path", "log_path", "results_path")
    where = {name: str(folder / name) for name in names}
    return mia_plugins.run(
        **where,
        data_path=data,
        text_backbone=backbone,
        train=True,
        train_ood=request.param,
        test_ood=True,
        set=settings,
    ).runs[0]


def test_it_answers_the_test_clips_as_the_test_did(trained, data):
    clips = load_clips(ADAPTER, data, test_ood=True).splits
    texts = [*clips["test"].texts, *clips["ood_test"].texts]
    video, audio = ([*clips["test"].video, *clips["ood_test"].video], [*clips["test"].audio, *clips["ood_test"].audio])
    answers = trained.predict(texts, video, audio)
    assert [ADAPTER.labels.index(answer.intent) for answer in answers] == trained.arrays["y_pred"].tolist()
    assert [answer.out_of_scope for answer in answers] == (trained.arrays["y_open"] == 30).tolist()
    kept = json.loads((trained.folder / "models" / "kept.json").read_text())
    logits = trained.arrays["logits"][7, :30].astype(np.float64) / kept["temperature"]
    shares = np.exp(logits) / np.exp(logits).sum()
    assert [answers[7].probabilities[label] for label in ADAPTER.labels] == pytest.approx(shares.tolist(), abs=1e-6)


def test_the_temperature_is_the_one_that_fits_the_dev_clips(trained, data):
    dev = load_clips(ADAPTER, data).splits["dev"]
    model = mia_plugins.load(trained.folder)

    def loss(temperature):
        model.kept = dataclasses.replace(model.kept, temperature=temperature)
        answers = model.predict(dev.texts, list(dev.video), list(dev.audio))
        return -sum(math.log(answer.probabilities[ADAPTER.labels[i]]) for answer, i in zip(answers, dev.label_ids))

    best = model.kept.temperature
    assert best != 1
    if 0.06 < best < 19:  # not at the end of what is tried
        assert loss(best) < min(loss(best / 1.2), loss(best * 1.2))
    else:
        assert loss(best) < loss(1.0)


@pytest.mark.parametrize("wrong", ["hot", 0, -1, True])
def test_a_damaged_temperature_is_one_line(trained, tmp_path, wrong):
    shutil.copytree(trained.folder / "models", tmp_path / "m")
    kept = json.loads((tmp_path / "m" / "kept.json").read_text())
    (tmp_path / "m" / "kept.json").write_text(json.dumps({**kept, "temperature": wrong}))
    with pytest.raises(UserError, match="temperature=.* should be a number above 0"):
        mia_plugins.load(tmp_path / "m")


def test_one_and_many_are_answered_alike(trained):
    one = trained.predict("thanks you")
    many = mia_plugins.load(trained.folder).predict(["thanks you", "sorry"])
    assert one.intent == many[0].intent
    assert sum(one.probabilities.values()) == pytest.approx(1)
    values = list(one.probabilities.values())
    assert values == sorted(values, reverse=True)


def test_what_an_utterance_lacks_is_missing_alone_or_in_a_list(trained):
    rng = np.random.default_rng(0)
    video, audio = rng.normal(size=(3, 6)), rng.normal(size=(4, 10))
    bare, seen, both = trained.predict(["thanks you"] * 3, [None, video, video], [None, None, audio])
    for alone, given in ((bare, {}), (seen, {"video": video}), (both, {"video": video, "audio": audio})):
        again = trained.predict("thanks you", **given)
        assert list(again.probabilities.values()) == pytest.approx(list(alone.probabilities.values()), abs=1e-5)
    zeros = trained.predict("thanks you", np.zeros((1, 6)), np.zeros((1, 10)))
    assert zeros.probabilities != pytest.approx(bare.probabilities, abs=1e-5), "a frame of zeros is a frame"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": []}, "at least one"),
        ({"text": 3}, "text"),
        (
            {"text": "a", "video": np.ones((3, 5))},
            r"video of clip 0 has the shape \(3, 5\); the model takes \(frames, 6\)",
        ),
        ({"text": "a", "audio": np.full((2, 10), np.nan)}, "audio of clip 0 has frames that are not finite"),
        ({"text": ["a", "b"], "video": [np.ones((3, 6))]}, "video has frames of 1 clips for 2 texts"),
    ],
)
def test_what_it_cannot_answer(trained, given, words):
    with pytest.raises(UserError, match=words):
        trained.predict(**given)


def test_a_run_without_a_model_says_so(data, backbone, tmp_path):
    where = {name: str(tmp_path / name) for name in ("output_path", "log_path", "results_path")}
    settings = {"num_train_epochs": 1, "lr": 1e-3}
    run = mia_plugins.run(
        **where, method="text", data_path=data, text_backbone=backbone, train=True, save_model=False, set=settings
    ).runs[0]
    with pytest.raises(UserError, match="holds no kept model"):
        run.predict("hello")


def test_a_mean_over_a_grid_is_refused(data, backbone, tmp_path):
    where = {name: str(tmp_path / name) for name in ("output_path", "log_path", "results_path")}
    results = mia_plugins.run(
        **where, method="text", data_path=data, text_backbone=backbone, train=True,
        set={"num_train_epochs": 1, "lr": [1e-3, 1e-4]},
    )  # fmt: skip
    with pytest.raises(UserError, match="over 2 settings says nothing"):
        _ = results.mean
    assert results.of(lr=1e-4).mean == results.runs[1].metrics
