"""Whole runs where a clip has several labels, or a number: train, test, keep, restore, predict, ablate, search, report."""

import csv
import json

import numpy as np
import pytest

import mia_plugins
from mia_plugins.cli import main as plugins_main
from mia_plugins.data.dataset import Outline
from mia_plugins.errors import UserError
from mia_plugins.plugin import registry
from mia_plugins.testing import tiny_backbone, tiny_data
from mia_plugins.testing.tiny import AUDIO_LENGTH, LABELS, TEXT_LENGTH, VIDEO_LENGTH

PROBLEMS = {"multi-label": LABELS, "regression": ("sentiment",)}
MAIN = {"multi-label": ("macro_f1", 100), "regression": ("MAE", 1)}


class Tiny:
    """The tiny clips as a data set."""

    max_lengths = {"text": TEXT_LENGTH, "video": VIDEO_LENGTH, "audio": AUDIO_LENGTH}
    ood_dataset, code = "", ()

    def __init__(self, problem):
        self.problem, self.name = problem, f"tiny-{problem}"

    def outline(self, request):
        return Outline(self.name, PROBLEMS[self.problem], self.problem)

    def files(self, request):
        return []

    def read(self, request):
        return tiny_data(PROBLEMS[self.problem], self.problem)

    def read_unlabelled(self, request, max_lengths):
        return self.read(request).splits[request.names[0]]


@pytest.fixture(params=PROBLEMS)
def problem(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))
    monkeypatch.setattr(registry, "_registered", {group: {} for group in registry.BUILTIN})  # as it was, afterwards
    return request.param


def run(problem, **more):
    settings = {"num_train_epochs": 2, "train_batch_size": 4, "lr": 1e-3, **more.pop("set", {})}
    options = {"data_path": ".", "text_backbone": tiny_backbone(), "train": True, "gpu_id": "cpu"}
    return mia_plugins.run(method="text", dataset=Tiny(problem), set=settings, **{**options, **more})


def test_a_run_is_scored_kept_and_restored(problem):
    results = run(problem, modality_ablation=True, save_results=True)
    made, (metric, unit) = results.runs[0], MAIN[problem]
    record = json.loads((made.folder / "run.json").read_text())
    assert (record["problem"], record["settings"]["eval_monitor"]) == (problem, metric)
    scores = [epoch["score"] for epoch in record["history"]]
    best = min(scores) if problem == "regression" else max(scores)
    assert record["dev_score"] == pytest.approx(unit * best)
    assert metric in made.metrics
    assert "acc" not in made.metrics
    assert "in-scope" not in results.table
    assert {row["way"] for row in record["modality_ablation"]} == {"intact", "dropped", "shuffled", "noise"}
    assert all(metric in row for row in record["modality_ablation"])
    with open("results/results.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert float(row[metric]) == pytest.approx(made.metrics[metric], abs=0.006)
    assert f"eval_{metric}" in row

    options = {"data_path": ".", "gpu_id": "cpu", "dataset": Tiny(problem), "restore": str(made.folder)}
    restored = mia_plugins.run(**options)
    assert restored.runs[0].metrics == made.metrics
    other = next(name for name in PROBLEMS if name != problem)
    with pytest.raises(UserError, match="was trained"):
        mia_plugins.run(**{**options, "dataset": Tiny(other)})


def test_a_kept_model_answers(problem):
    predictor = run(problem).runs[0].predictor
    answers = predictor.predict(["thanks you", "sorry"])
    assert len(answers) == 2
    if problem == "regression":
        assert (answers[0].name, type(answers[0].value)) == ("sentiment", float)
    else:
        assert set(answers[0].probabilities) == set(LABELS)
        assert list(answers[0].labels) == [label for label, share in answers[0].probabilities.items() if share > 0.5]


def test_seeds_and_settings_make_a_report(problem, tmp_path, capsys):
    run(problem, seeds=[0, 1], save_results=True)
    run(problem, seeds=[0, 1], save_results=True, set={"lr": 1e-4})
    assert plugins_main(["results"]) == 0
    assert MAIN[problem][0] in capsys.readouterr().out
    assert plugins_main(["report", "outputs", "-o", "report"]) == 0
    page = (tmp_path / "report" / "report.md").read_text()
    assert "left out" not in page
    assert "onfus" not in page
    heading = "Error by degree" if problem == "regression" else "### Labels"
    assert heading in page
    assert ("lowest mean MAE" if problem == "regression" else "highest mean F1") in page


def test_a_search_looks_for_the_best_dev_score(problem):
    pytest.importorskip("optuna")
    found = run(problem, tune=True, set={"lr": [1e-7, 3e-2], "num_train_epochs": 3})
    assert found.runs[0].choice == {"lr": 3e-2}


def test_options_of_another_problem_are_refused(problem):
    with pytest.raises(UserError, match="where no clip is out of scope; leave --test_ood out"):
        run(problem, test_ood=True)
    with pytest.raises(UserError, match=rf"eval_monitor=acc does not score a {problem} problem; choose one of"):
        run(problem, set={"eval_monitor": "acc"})
    classes = {"method": "text", "dataset": Classes(), "data_path": ".", "text_backbone": tiny_backbone()}
    with pytest.raises(UserError, match="does not score a multi-class problem"):
        mia_plugins.run(**classes, train=True, set={"eval_monitor": MAIN[problem][0]})


class Classes(Tiny):
    def __init__(self):
        self.problem, self.name = "multi-class", "tiny-multi-class"

    def outline(self, request):
        return Outline(self.name, LABELS)

    def read(self, request):
        return tiny_data()


def test_a_damaged_problem_is_named(problem):
    folder = run(problem).runs[0].folder
    kept = folder / "models" / "kept.json"
    assert not (folder / "models" / "reference.npz").exists()  # nothing is fitted to training clips
    values = json.loads(kept.read_text())
    assert values["task"]["problem"] == problem
    for wrong, words in (
        ("two-class", "problem='two-class' should be one of"),
        ("multi-class", "num_classes|reference.npz"),
    ):
        values["task"]["problem"] = wrong
        kept.write_text(json.dumps(values))
        with pytest.raises(UserError, match=words) as caught:
            mia_plugins.load(folder)
        assert "kept.json" in str(caught.value) or "reference.npz" in str(caught.value)


def test_what_is_kept_of_the_clips(problem):
    folder = run(problem).runs[0].folder
    clips = json.loads((folder / "clips.json").read_text())
    label_ids = Tiny(problem).read(None).splits["test"].label_ids
    if problem == "regression":
        assert clips["label_ids"] == label_ids.tolist()
    else:
        assert clips["label_ids"] == [np.flatnonzero(row).tolist() for row in label_ids]
