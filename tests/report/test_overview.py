"""What the head of a report says of groups of runs, against numbers worked out here."""

from pathlib import Path

import pytest

from mia_plugins.report.overview import best, comparable, comparisons, finding
from mia_plugins.report.runs import Group
from mia_plugins.report.saved import SavedRun
from mia_plugins.report.sweeps import sweeps


def group(label, values, metric="acc", **record):
    """A group with a run for each value, under the seeds 0, 1, ..."""
    whole = {"dataset": "X", "test_ood": False, "settings": {}, **record}
    runs = [
        SavedRun(Path(), {**whole, "seed": seed, "metrics": {metric: value}})
        for seed, value in enumerate(values)
        if value is not None
    ]
    return Group(f"{label}, X", runs, label)


def test_the_best_mean_is_marked_whichever_way_is_better():
    assert best([group("a", [70, 72]), group("b", [71, 71.5]), group("c", [60, 80.5])], "acc") == [1]
    assert best([group("a", [70, 72]), group("b", [71, 71])], "acc") == [0, 1]
    errors = [group("a", [5], "fpr95"), group("b", [4], "fpr95")]
    assert best(errors, "fpr95") == [1]
    assert best([group("a", [70])], "acc") == []


def test_groups_are_compared_on_the_same_clips_only():
    groups = [group("a", [1]), group("b", [1], test_ood=True), group("c", [1], dataset="Y"), group("d", [1])]
    assert [[each.label for each in same] for same in comparable(groups).values()] == [["a", "d"], ["b"], ["c"]]


def test_tests_use_common_seeds_and_name_what_they_are():
    first = [70.0, 72.0, 74.0, 71.0, 73.0, 75.0]
    other = [value - 2 for value in first]
    few = [60.0, None, None]
    lines = comparisons([group("few", few), group("good", first), group("plain", other)])
    assert lines[0] == "good − few, acc: 1 common seed(s), too few for a test"
    assert lines[1].startswith("good − plain, acc: +2.00 points")
    assert "paired permutation test over 6 common seeds" in lines[1]
    assert lines[1].endswith("the difference is beyond chance")  # 2 of 64 sign flips are as large
    assert comparisons([group("a", first[:3]), group("b", other[:3])])[0].endswith("too few seeds to tell")
    assert comparisons([group("a", [70.0])]) == []


def test_a_finding_says_when_the_best_is_shared():
    assert finding([group("a", [70, 72]), group("b", [60])], "acc") == "a has the best mean acc, 71.00 ± 1.41"
    assert finding([group("a", [70]), group("b", [70])], "acc").startswith("2 groups share the best mean acc, 70.00")


def test_a_sweep_is_of_groups_that_differ_in_one_number_alone():
    settings = [{"k": 8, "on": True}, {"k": 2, "on": True}, {"k": 4, "on": False}, {"k": float("nan"), "on": True}]
    settings.append({"k": True, "on": True})
    (sweep,) = sweeps([group(str(i), [50], settings=each) for i, each in enumerate(settings)])
    assert sweep.setting == "k"
    assert sweep.values == [2, 8]
    assert [each.label for each in sweep.groups] == ["1", "0"]
    assert not sweeps([group("a", [1], settings={"k": 1}), group("b", [1], settings={"k": 2}, dataset="Y")])


@pytest.mark.parametrize("count", [0, 1])
def test_one_group_is_no_comparison(count):
    assert best([group("a", [70, 71])] * count, "acc") == []
