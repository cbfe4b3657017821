"""Labels that their descriptions do not tell apart: against loops, and on a small data set."""

import json

import numpy as np
import pytest
from tiny import make_mintrec2

from mia_plugins import cli
from mia_plugins.describe import check_command
from mia_plugins.describe.check import Confusion, confused_clips, confused_sentences, pairs


def cosine(a, b):
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def by_loops(vectors, label_ids, margin):
    """Every sentence against every label, one at a time."""
    found = []
    for i, vector in enumerate(vectors):
        scores = {}
        for label in sorted(set(label_ids)):
            others = [j for j in range(len(vectors)) if label_ids[j] == label and j != i] or [i]
            scores[label] = cosine(vector, sum(vectors[j] / np.sqrt(vectors[j] @ vectors[j]) for j in others))
        mine = scores.pop(label_ids[i])
        other = max(scores, key=scores.get)
        if mine - scores[other] < margin:
            found.append((i, label_ids[i], other, mine - scores[other]))
    return sorted(found, key=lambda each: each[-1])


@pytest.mark.parametrize("margin", [-0.2, 0.0, 0.3])
def test_sentences_as_loops_find_them(margin):
    rng = np.random.default_rng(0)
    label_ids = np.array([0, 1, 1, 2, 2, 2, 0, 3, 4, 4])
    vectors = rng.normal(size=(10, 4)) + np.eye(5, 4)[label_ids]
    got, want = confused_sentences(vectors, label_ids, margin), by_loops(vectors, list(label_ids), margin)
    assert [each[:3] for each in got] == [each[:3] for each in want]
    assert np.allclose([each.margin for each in got], [each[-1] for each in want])
    assert 0 < len(got) < 10


def test_clips_are_compared_with_all_sentences_of_each_label():
    vectors = np.array([[1.0, 0.1], [1.0, -0.1], [0.1, 5.0], [-0.1, 5.0]])
    clips = np.array([[1.0, 0.0], [1.0, 0.9], [1.0, 1.1], [0.0, 0.0]])
    found = confused_clips(clips, np.array([0, 0, 0, 1]), vectors, np.array([0, 0, 1, 1]))
    assert [each[:3] for each in found] == [(2, 0, 1)]
    assert found[0].margin == pytest.approx((1 - 1.1) / np.hypot(1, 1.1))


def test_pairs_put_the_most_frequent_first_and_then_the_worst():
    found = [Confusion(0, 0, 1, -0.9), Confusion(1, 2, 0, -0.5), Confusion(2, 1, 2, -0.4), Confusion(3, 2, 0, -0.1)]
    assert [(label, other, [each.row for each in group]) for label, other, group in pairs(found)] == [
        (2, 0, [1, 3]),
        (0, 1, [0]),
        (1, 2, [2]),
    ]


@pytest.fixture
def words_as_vectors(monkeypatch):
    """In place of the sentence encoder: how often each word occurs."""

    def encode(name, sentences):
        known = sorted({word for text in sentences for word in text.lower().rstrip(".").split()})
        return np.array([[text.lower().rstrip(".").split().count(word) for word in known] for text in sentences], float)

    monkeypatch.setattr(check_command, "encode", encode)


TABLE = {
    "Thank": ["says thanks gladly.", "says thanks warmly."],
    "Praise": ["says thanks again.", "shouts bravo loudly."],
    "Warn": ["sees danger ahead.", "danger is ahead."],
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "made.json"
    path.write_text(json.dumps({"about": {}, "descriptions": TABLE}))
    return path


def test_the_table_names_labels_and_the_worst_sentence(words_as_vectors, file, capsys):
    assert cli.main(["describe", "--check", str(file)]) == 0
    first, _, *rows = capsys.readouterr().out.splitlines()
    assert first == "1 of 6 sentences are nearer to another label"
    assert [row.split()[:3] for row in rows] == [["1", "Praise", "Thank"]]
    assert rows[0].endswith("says thanks again.")


def test_the_same_as_json_and_another_margin(words_as_vectors, file, capsys):
    assert cli.main(["describe", "--check", str(file), "--json", "--margin", "2"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["labels"] == 3
    assert len(report["confused_sentences"]) == report["sentences"] == 6
    assert report["confused_sentences"][0]["nearer_to"] == "Thank"
    assert "confused_clips" not in report


def test_training_clips_nearer_to_another_labels_descriptions(words_as_vectors, tmp_path, capsys):
    from mia_plugins.data_adapters.mintrec2 import ADAPTER

    data = make_mintrec2(tmp_path / "data", clips=1)
    table = data / "MIntRec2.0" / "in-scope" / "train.tsv"
    header, *rows = [line.split("\t") for line in table.read_text().splitlines()]
    for row in rows:  # every clip says its label's word, but one says another's
        row[2] = f"word{ADAPTER.labels.index(row[3])}"
    rows[4][2] = "word7 word7"
    table.write_text("\n".join("\t".join(row) for row in [header, *rows]) + "\n")
    (tmp_path / "made.json").write_text(json.dumps({label: [f"word{i}"] for i, label in enumerate(ADAPTER.labels)}))
    words = ["describe", "--check", tmp_path / "made.json", "--dataset", "MIntRec2.0", "--data_path", data]
    assert cli.main([*map(str, words)]) == 0
    printed = capsys.readouterr().out
    assert "1 of 30 training clips are nearer to another label" in printed
    assert cli.main([*map(str, words), "--json"]) == 0
    (clip,) = json.loads(capsys.readouterr().out)["confused_clips"]
    assert clip == {
        "label": ADAPTER.labels[4],
        "nearer_to": ADAPTER.labels[7],
        "margin": -1.0,
        "clip": f"dia{rows[4][0]}_utt{rows[4][1]}",
        "text": "word7 word7",
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--check", "none.json"], "none.json: cannot be read"),
        (["--check", "made.json", "--data_path", "."], "say which one with --dataset"),
        (["--check", "made.json", "--dataset", "MIntRec"], "no descriptions for the label 'Complain'"),
        (["--check", "made.json", "-n", "3"], "the label 'Thank' has 2 descriptions, 3 are needed"),
        (["--check", "made.json", "-o", "x.json"], "--check FILE only reads"),
        (["--check", "made.json", "--sentence_encoder", "/nowhere/at/all"], "sentence encoder"),
        (["--check", "one.json"], "has 1 labels; at least 2"),
        (["--check", "empty.json"], "the label 'B' has no descriptions"),
    ],
)
def test_what_cannot_be_checked(file, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.json").write_text('{"A": ["x"]}')
    (tmp_path / "empty.json").write_text('{"A": ["x"], "B": []}')
    assert cli.main(["describe", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_sentence_encoder_that_comes_in_a_package():
    from mia_plugins.nn.packaged import PACKAGE

    pytest.importorskip(PACKAGE.replace("-", "_").lower())
    sentences = ["Says thanks for a favour.", "Is grateful for help.", "Warns of a danger."]
    thanks, grateful, warns = check_command.encode("all-MiniLM-L6-v2", sentences)
    assert cosine(thanks, grateful) > cosine(thanks, warns) + 0.2
