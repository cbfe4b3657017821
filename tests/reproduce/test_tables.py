"""Tables from made-up results, against numbers worked out by hand."""

from types import SimpleNamespace

import pytest

from mia_plugins.reproduce.experiments import Experiment, Row
from mia_plugins.reproduce.tables import build_table, cost, csv_text, markdown
from mia_plugins.runs.tables import cells

ROWS = [Row("A", "amess", {}, (70.0, 60.0)), Row("B", "text"), Row("C", None, {}, (50.0, 40.0)), Row("D", "text")]
EXPERIMENT = Experiment("table9", "Table IX", "X", {"acc": "ACC", "f1": "F1"}, False, ROWS)
FOUND = {"A": {0: (71.0, 61.0), 1: (73.0, 60.0), 2: (72.0, 62.0)}, "B": {0: (70.0, 60.0), 2: (70.0, 60.0)}, "D": {}}


@pytest.fixture
def table():
    plan = SimpleNamespace(
        runs_of=lambda _, row: [SimpleNamespace(seed=seed, row=row.label) for seed in range(3)] if row.method else []
    )

    def result(run):
        values = FOUND[run.row].get(run.seed)
        return values and {"metrics": dict(zip(("acc", "f1"), values))}

    return build_table(EXPERIMENT, plan, SimpleNamespace(result=result))


def test_mean_sample_deviation_and_the_papers_figures(table):
    header, rows = cells(table)
    assert header == ["", "ACC (%)", "paper", "F1 (%)", "paper", "seeds"]
    assert rows == [
        ["A", "72.00 ± 1.00", "70.00", "61.00 ± 1.00", "60.00", "3"],
        ["B", "70.00 ± 0.00", "–", "60.00 ± 0.00", "–", "2 of 3"],
        ["C (quoted, not run)", "–", "50.00", "–", "40.00", "–"],
        ["D", "–", "–", "–", "–", "0 of 3"],
    ]


def test_tests_are_over_common_seeds(table):
    # differences of seeds 0 and 2: accuracy 1 and 2, F1 1 and 2
    how, *lines = table["tests"]
    assert [line.split(" points")[0] for line in lines] == ["A − B, ACC: +1.50", "A − B, F1: +1.50"]
    assert all("2 common seeds" in line for line in lines)
    assert how.endswith("2 seeds allow no p below 0.5.")


def test_what_runs_cost_is_their_median_where_it_is_known():
    costs = [
        {"parameters": 5, "peak_memory_mib": None},
        {"parameters": 5, "peak_memory_mib": 8.0},
        {"parameters": 5},
        {},
    ]
    results = {seed: {"cost": each} for seed, each in enumerate(costs)}
    assert cost({**results, 9: {}}) == {"parameters": 5, "peak_memory_mib": 8.0}
    rates = {seed: {"cost": {"train_clips_per_second": rate}} for seed, rate in enumerate((1.0, 2.0, 90.0))}
    assert cost(rates) == {"train_clips_per_second": 2.0}


def test_both_files_hold_every_number(table):
    lines = csv_text([table]).splitlines()
    assert lines[1] == "table9,X,A,yes,acc,72.0000,1.0000,0 1 2,70.0000"
    assert "table9,X,C,quoted,f1,,,,40.0000" in lines
    assert len(lines) == 1 + 4 * 2
    text = markdown([table], ["Y is left out"], "the command", "How.")
    assert "| A | 72.00 ± 1.00 | 70.00 | 61.00 ± 1.00 | 60.00 | 3 |" in text
    assert "- Y is left out" in text
    assert "`the command`" in text
