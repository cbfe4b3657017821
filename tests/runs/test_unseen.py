"""New intents for a kept model: ``--unseen`` as it is typed, and the same from Python."""

import json
import shutil

import numpy as np
import pytest
from tiny import SETTINGS, command

import mia_plugins
from mia_plugins.data.clips import load_clips
from mia_plugins.data_adapters.mintrec2 import ADAPTER
from mia_plugins.errors import UserError
from mia_plugins.plugin.settings import parse_assignments

LABELS = len(ADAPTER.labels)
SENTENCES = {"Refund": ["thanks no", "help please help"], "Small talk": ["hello you", "a joke", "look we go"]}
PLACES = ("output_path", "log_path", "results_path")


def train(folder, data, backbone, **options):
    own = {**parse_assignments(SETTINGS), "sentence_encoder": str(backbone)} if "method" not in options else {}
    settings = {**own, "num_train_epochs": 1, **options.pop("set", {})}
    where = {name: str(folder / name) for name in PLACES}
    return mia_plugins.run(**where, data_path=data, text_backbone=backbone, train=True, set=settings, **options).runs[0]


@pytest.fixture(scope="module")
def trained(data, backbone, tmp_path_factory):
    return train(tmp_path_factory.mktemp("trained"), data, backbone)


@pytest.fixture(scope="module")
def relabelled(data, tmp_path_factory):
    """The data set with six test clips of new intents, two of them of the second."""
    folder = shutil.copytree(data, tmp_path_factory.mktemp("relabelled") / "data")
    path = folder / "MIntRec2.0" / "in-scope" / "test.tsv"
    header, *rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    for number, row in enumerate(rows[:6]):
        row[3] = list(SENTENCES)[number % 3 == 0]
    path.write_text("\n".join("\t".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def described(tmp_path):
    path = tmp_path / "descriptions.json"
    path.write_text(json.dumps(SENTENCES), encoding="utf-8")
    return path


def test_as_it_is_typed(trained, relabelled, described, tmp_path):
    words = ["--method", "amess", "--restore", trained.folder, "--data_path", relabelled, "--test_ood"]
    words += ["--unseen", "Refund", "--unseen", "Small talk", "--descriptions_path", described]
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "trained + new (%)" in done.stdout
    (record,) = (json.loads(path.read_text()) for path in tmp_path.glob("outputs/*/run.json"))
    assert record["clips"] == {"test": 54, "unseen_test": 6, "ood_test": 8}
    assert record["labels"] == list(ADAPTER.labels)
    metrics = record["metrics"]

    predictor = mia_plugins.load(trained.folder)
    for name, sentences in SENTENCES.items():
        predictor.add_intent(name, sentences)
    clips = load_clips(ADAPTER, relabelled_back(relabelled, tmp_path), names=["test"], test_ood=True).splits
    answers = predictor.answers(clips["test"])
    truth = [list(SENTENCES)[i % 3 == 0] if i < 6 else ADAPTER.labels[k] for i, k in enumerate(clips["test"].label_ids)]
    right = np.array([answer.intent == true for answer, true in zip(answers, truth)])
    assert metrics["trained_acc"] == pytest.approx(100 * right[6:].mean())
    assert metrics["new_acc"] == pytest.approx(100 * right[:6].mean())
    ranked = [[name for name in answer.probabilities if name in SENTENCES][0] for answer in answers[:6]]
    assert metrics["among_new_acc"] == pytest.approx(100 * np.mean([a == b for a, b in zip(ranked, truth)]))
    assert {"harmonic_acc", "new_auroc", "acc", "oid_acc"} <= set(metrics)
    assert metrics["acc"] == pytest.approx(100 * (trained.arrays["y_pred"] == trained.arrays["y_true"])[6:].mean())


def relabelled_back(relabelled, tmp_path):
    """The same files with a label that the adapter knows."""
    folder = shutil.copytree(relabelled, tmp_path / "back")
    path = folder / "MIntRec2.0" / "in-scope" / "test.tsv"
    text = path.read_text(encoding="utf-8")
    for name in SENTENCES:
        text = text.replace(f"\t{name}\t", "\tThank\t")
    path.write_text(text, encoding="utf-8")
    return folder


def test_sentences_are_part_of_what_a_run_is(trained, relabelled, described, tmp_path):
    options = {"restore": trained.folder, "data_path": relabelled, "descriptions_path": described}
    where = {name: str(tmp_path / name) for name in PLACES}

    def folder():
        return mia_plugins.run(**where, **options, unseen=list(SENTENCES)).runs[0].folder

    first = folder()
    assert folder() == first
    described.write_text(json.dumps({**SENTENCES, "Refund": ["bye"]}), encoding="utf-8")
    assert folder() != first


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unseen": ["Return"]}, r"descriptions\.json: no descriptions for the label 'Return'; add"),
        ({"unseen": ["thank"]}, "'thank' is an intent already"),
        ({"unseen": ["Refund", "Refund"]}, "'Refund' is an intent already"),
        ({"unseen": ["Refund"]}, r"unknown label 'Small talk'"),
        ({"descriptions_path": None}, "give --descriptions_path FILE"),
        ({"unseen": []}, "name them with --unseen NAME"),
        ({"restore": None, "train": True}, "give it with --restore RUN"),
    ],
)
def test_what_cannot_be_asked(trained, relabelled, described, tmp_path, changed, words):
    options = {"restore": trained.folder, "descriptions_path": described, "unseen": list(SENTENCES), **changed}
    where = {name: str(tmp_path / name) for name in PLACES}
    with pytest.raises(UserError, match=words):
        mia_plugins.run(**where, data_path=relabelled, **options)
    assert not list(tmp_path.glob("output_path/*"))


def test_a_method_or_model_without_descriptions_takes_none(data, backbone, described, tmp_path):
    text = train(tmp_path / "text", data, backbone, method="text")
    unsynchronized = train(tmp_path / "plain", data, backbone, set={"semantic_sync": False})
    for run, words in ((text, "method text takes no new intents"), (unsynchronized, "trained without descriptions")):
        with pytest.raises(UserError, match=words):
            mia_plugins.load(run.folder).add_intent("Refund", SENTENCES["Refund"])
        assert not (run.folder / "models" / "calibration.npz").exists()
        where = {name: str(tmp_path / name) for name in PLACES}
        with pytest.raises(UserError, match=words):
            mia_plugins.run(**where, restore=run.folder, data_path=data, descriptions_path=described, unseen=["Refund"])


def test_adding_and_removing_from_python(trained):
    predictor, said = mia_plugins.load(trained.folder), ["thanks you", "hello we go", "help please"]
    before = predictor.predict(said)
    predictor.add_intent("Refund", SENTENCES["Refund"], rate=0.3)
    one = predictor.predict(said)
    predictor.add_intent(
        "Small talk", SENTENCES["Small talk"], examples=["hello you", "go"], video=[np.ones((3, 6))] * 2
    )
    two = predictor.predict(said)
    for first, second, third in zip(before, one, two):
        assert set(third.probabilities) == {*ADAPTER.labels, *SENTENCES}
        ratios = [
            [answer.probabilities[name] for name in ("Thank", "Joke", "Care")] for answer in (first, second, third)
        ]
        np.testing.assert_allclose(ratios[1] / np.sum(ratios[1]), ratios[0] / np.sum(ratios[0]))
        np.testing.assert_allclose(ratios[2] / np.sum(ratios[2]), ratios[0] / np.sum(ratios[0]))
        assert third.intent not in SENTENCES or not third.out_of_scope
    predictor.remove_intent("Small talk")
    assert predictor.predict(said) == one
    predictor.remove_intent("Refund")
    assert predictor.predict(said) == before
    with pytest.raises(UserError, match="'Refund' is no new intent"):
        predictor.remove_intent("Refund")


def test_examples_draw_clips_like_them(trained):
    predictor = mia_plugins.load(trained.folder)
    shares = []
    for examples in ([], ["stop stop stop", "stop is stop"]):
        predictor.add_intent("Refund", SENTENCES["Refund"], examples=examples)
        shares.append(predictor.predict("stop it stop").probabilities["Refund"])
        predictor.remove_intent("Refund")
    assert shares[1] > shares[0]


@pytest.mark.parametrize(
    ("name", "sentences", "words"),
    [
        ("Thank", ["a"], "'Thank' is an intent already"),
        (" ", ["a"], "needs a name"),
        ("Refund", [], "list of sentences"),
        ("Refund", "thanks", "list of sentences"),
        ("Refund", ["a", " "], "list of sentences"),
    ],
)
def test_what_cannot_be_added(trained, name, sentences, words):
    predictor = mia_plugins.load(trained.folder)
    with pytest.raises(UserError, match=words):
        predictor.add_intent(name, sentences)
    assert predictor.predict("hello") == mia_plugins.load(trained.folder).predict("hello")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (None, "is missing, so the model takes no new intents; train it again"),
        ({"label_ids": np.zeros(60, np.int64)}, "lacks 'logits'"),
        (
            {"logits": np.zeros((60, 7)), "label_ids": np.zeros(60, np.int64), "view_0": np.zeros((60, 16))},
            "train again",
        ),
        ({"logits": np.zeros((60, LABELS)), "label_ids": np.zeros(60, np.int64), "view_0": np.zeros((60, 9))}, "width"),
    ],
)
def test_a_damaged_calibration_is_named(trained, tmp_path, damage, words):
    folder = shutil.copytree(trained.folder, tmp_path / "copy")
    path = folder / "models" / "calibration.npz"
    path.unlink()
    if damage is not None:
        np.savez(path, **damage)
    with pytest.raises(UserError, match=words):
        mia_plugins.load(folder).add_intent("Refund", ["thanks"])
