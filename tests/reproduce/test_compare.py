"""``mia-plugins compare``: every figure of its table from the runs behind it; on a Ray cluster the same."""

import json
import statistics

import pytest

from mia_plugins.cli import main
from mia_plugins.evaluation.uncertainty import holm, paired_test

SETTINGS = ("num_train_epochs=1", "train_batch_size=16", "lr=1e-3")


@pytest.fixture
def words(data, backbone, tmp_path):
    def make(*more, seeds=(0, 1), settings=SETTINGS):
        chosen = [part for text in [*settings, f"sentence_encoder={backbone}"] for part in ("--set", text)]
        common = ["--data_path", data, "--dataset", "MIntRec2.0", "--text_backbone", backbone, "--no_modality_ablation"]
        return [str(word) for word in ("compare", *common, *chosen, "--results", tmp_path, "--seeds", *seeds, *more)]

    return make


def results(folder):
    return [json.loads(path.read_text()) for path in (folder / "runs").glob("*.json")]


def test_the_tables_are_those_of_the_runs(words, tmp_path, capsys):
    assert main(words("--methods", "text", "amess")) == 0
    shown = capsys.readouterr().out
    made = results(tmp_path)
    assert len(made) == 2 * 2 * 2  # methods, seeds, tables
    tables = json.loads((tmp_path / "compare.json").read_text())["tables"]
    assert [table["name"] for table in tables] == ["compare", "compare_ood"]
    for table, ood, metric in zip(tables, (False, True), ("acc", "oid_acc")):
        assert [row["label"] for row in table["rows"]] == ["A-MESS", "Text only"]
        values = {
            row["method"]: [
                each["metrics"][metric]
                for seed in (0, 1)
                for each in made
                if (each["method"], each["seed"], each["ood"]) == (row["method"], seed, ood)
            ]
            for row in table["rows"]
        }
        for row in table["rows"]:
            assert row["mean"][metric] == pytest.approx(statistics.fmean(values[row["method"]]))
            assert list(row["values"][metric].values()) == values[row["method"]]
            assert row["cost"]["parameters"] > 1000
            assert row["cost"]["train_clips_per_second"] > 0
        test = paired_test(values["amess"], values["text"])
        assert f"A-MESS − Text only, {table['metrics'][metric]}: {test.mean_difference:+.2f} points" in shown
    assert "parameters (M)" in shown
    assert "62.39" in shown  # the paper's
    capsys.readouterr()
    assert main(words("--methods", "all", "--dry-run", seeds=(0,))) == 0
    assert capsys.readouterr().out.count("  done\n") == 4  # the runs of before are not made again
    assert main(["reproduce", "table1", *words("--dry-run", seeds=(0,))[1:], "--method", "text", "amess"]) == 0
    assert capsys.readouterr().out.count("  done\n") == 2  # nor are they by reproduce


def test_holm_against_its_definition():
    """A hypothesis is rejected at level a if its p value and all smaller ones pass a / (number left)."""
    p_values = [0.04, 0.01, 0.5, 0.03, 0.005]
    order = sorted(range(5), key=p_values.__getitem__)
    for level in (0.02, 0.03, 0.05, 0.085, 0.1, 0.2, 0.6):
        rejected = set()
        for rank, place in enumerate(order):
            if p_values[place] > level / (5 - rank):
                break
            rejected.add(place)
        assert {i for i, p in enumerate(holm(p_values)) if p <= level} == rejected


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "127.0.0.1:99999999"])
def test_without_a_cluster_there_is_a_line(words, capsys, address):
    pytest.importorskip("ray")
    assert main(words("--methods", "amess", "--in_scope_only", "--ray", address)) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"--ray {address}: " in error
