"""``--tune``: a search that prunes, that an interruption does not lose, and that tells what it needs."""

import builtins
import csv
import dataclasses
import json

import optuna
import pytest
from tiny import run_arguments

from mia_plugins.__main__ import main
from mia_plugins.system.leases import owner
from mia_plugins.training import manager

SPACE_LR = [1e-2, 1e-3, 1e-4, 1e-5]
SPACE = ["num_train_epochs=5", "train_batch_size=16", "lr=[1e-2, 1e-3, 1e-4, 1e-5]", "num_anchors=3"]


@pytest.fixture
def search(data, backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    common = run_arguments(data, backbone, "--train", "--save_results", "--tune", settings=SPACE)
    return lambda *more: main([*map(str, common), *more])


@pytest.fixture
def planned(monkeypatch):
    """Dev scores by learning rate instead of measured ones, so that who is pruned and who wins is known."""
    trained = []

    def fit(model, *_, settings, history, after_epoch, **__):
        trained.append(settings.lr)
        for number in range(1, settings.num_train_epochs + 1):
            history.append(manager.Epoch(number, 1.0, {1e-2: 0.1, 1e-3: 0.4, 1e-4: 0.3, 1e-5: 0.2}[settings.lr]))
            after_epoch(history)
        return history

    monkeypatch.setattr(manager, "fit", fit)
    return trained


def the_study(folder):
    (path,) = folder.glob("results/tuning/*.journal")
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
    (name,) = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=name, storage=storage)


def test_every_combination_of_a_small_space_once_and_the_best_by_dev(search, planned, tmp_path, capsys):
    assert search() == 0
    shown = capsys.readouterr().out
    assert sorted(planned) == [1e-5, 1e-4, 1e-3, 1e-2]
    assert "best by dev: --set lr=0.001" in shown
    assert "lr=0.001 seed 0" in shown.split("best by dev")[1]  # the table shows that run's test
    assert search() == 0  # the same command once more trains nothing
    assert len(planned) == 4
    assert "lr=0.001 seed 0" in capsys.readouterr().out.split("best by dev")[1]


def test_a_trial_behind_the_others_is_pruned(search, planned, tmp_path, monkeypatch, capsys):
    order = iter([1, 2, 3, 0])  # the worst, lr = 1e-2, is the first of the list and comes last
    monkeypatch.setattr(optuna.study.Study, "enqueue_trial", lambda *_, **__: None)
    monkeypatch.setattr(optuna.samplers.TPESampler, "sample_independent", lambda *_: next(order))
    assert search() == 0
    states = {trial.params["lr"]: trial.state.name for trial in the_study(tmp_path).trials}
    assert states == {0: "PRUNED", 1: "COMPLETE", 2: "COMPLETE", 3: "COMPLETE"}
    assert "pruned at epoch 2" in capsys.readouterr().out
    with open(tmp_path / "results" / "results.csv", newline="") as file:
        assert sorted(row["lr"] for row in csv.DictReader(file)) == ["0.0001", "0.001", "1e-05"]


def test_an_interrupted_search_goes_on_in_the_middle_of_its_trial(search, tmp_path, monkeypatch, capsys):
    whole = manager.Manager._train

    def interrupted(self, args):
        heard = args.on_epoch

        def on_epoch(epoch):
            heard(epoch)
            if epoch.number == 3 and len(list(tmp_path.glob("outputs/amess*/run.json"))) == 1:
                raise KeyboardInterrupt

        return whole(self, dataclasses.replace(args, on_epoch=on_epoch))

    monkeypatch.setattr(manager.Manager, "_train", interrupted)
    assert search() == 130
    monkeypatch.setattr(manager.Manager, "_train", whole)
    (dead,) = [trial.params["lr"] for trial in the_study(tmp_path).trials if trial.state.name == "RUNNING"]
    # as if another process had been killed, not this one interrupted
    monkeypatch.setattr("mia_plugins.runs.tuning.is_dead", lambda other: other["pid"] == owner()["pid"])
    capsys.readouterr()
    assert search() == 0
    shown = capsys.readouterr().out
    assert shown.count("seed 0, lr=") == 3
    goes_on = shown.split(f"seed 0, lr={SPACE_LR[dead]}")[1].split("results:")[0]
    assert "epoch 1:" not in goes_on
    assert "epoch 4:" in goes_on
    trials = the_study(tmp_path).trials
    assert [trial.state.name for trial in trials].count("COMPLETE") == 4
    again = next(trial for trial in trials if "continues" in trial.user_attrs)
    assert sorted(again.intermediate_values) == [1, 2, 3, 4, 5]  # the dead trial's reports are taken over
    records = [json.loads(path.read_text()) for path in tmp_path.glob("outputs/amess*/run.json")]
    assert sorted(record["settings"]["lr"] for record in records) == [1e-5, 1e-4, 1e-3, 1e-2]


def test_a_trial_that_fails_is_one_of_the_search(search, planned, tmp_path, monkeypatch, capsys):
    from mia_plugins.errors import UserError

    fit = manager.fit

    def failing(*parts, settings, **more):
        if settings.lr == 1e-3:
            raise UserError("the loss is nan")
        return fit(*parts, settings=settings, **more)

    monkeypatch.setattr(manager, "fit", failing)
    assert search() == 0
    assert "best by dev: --set lr=0.0001" in capsys.readouterr().out


def test_what_tune_needs(data, backbone, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    whole = builtins.__import__

    def without(name, *rest):
        if name == "optuna":
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    words = [*map(str, run_arguments(data, backbone, "--tune", settings=SPACE))]
    assert main([*words, "--train"]) == 2
    assert "pip install optuna" in capsys.readouterr().err
    assert main(words) == 2
    assert "add --train" in capsys.readouterr().err
