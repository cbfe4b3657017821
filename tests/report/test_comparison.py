"""What a report says of groups of runs side by side, against numbers worked out here."""

import itertools
import statistics
from pathlib import Path

import numpy as np
import pytest
from saved_runs import write_run

from mia_plugins.report.about import command_of
from mia_plugins.report.classes import confused
from mia_plugins.report.comparison import best, comparable
from mia_plugins.report.differences import differences, explained, finding, over_clips, table
from mia_plugins.report.forest import half_width, wrapped
from mia_plugins.report.modalities import dependence
from mia_plugins.report.numbers import signed
from mia_plugins.report.runs import Group, group_runs
from mia_plugins.report.saved import SavedRun, read_run
from mia_plugins.report.sections import best_cells
from mia_plugins.report.sweeps import finding as sweep_finding
from mia_plugins.report.sweeps import sweeps
from mia_plugins.report.training import finding as training_finding
from mia_plugins.runs.options import make_parser
from mia_plugins.runs.tables import cells


def group(label, values, metric="acc", **record):
    """A group with a run for each value, under the seeds 0, 1, ..."""
    common = {"dataset": "X", "test_ood": False, "settings": {}, **record}
    runs = [
        SavedRun(Path(), {**common, "seed": seed, "metrics": {metric: value}})
        for seed, value in enumerate(values)
        if value is not None
    ]
    return Group(f"{label}, X", runs, label)


def verdicts(groups):
    return [each.verdict for each in differences(groups, "acc")]


def test_the_best_mean_is_marked_whichever_way_is_better():
    assert best([group("a", [70, 72]), group("b", [71, 71.5]), group("c", [60, 80.5])], "acc") == [1]
    assert best([group("a", [70, 72]), group("b", [71, 71])], "acc") == [0, 1]
    errors = [group("a", [5], "fpr95"), group("b", [4], "fpr95")]
    assert best(errors, "fpr95") == [1]
    assert best([group("a", [70])], "acc") == []


def test_groups_are_compared_on_the_same_clips_only_and_the_best_comes_first():
    groups = [group("a", [1]), group("b", [1], test_ood=True), group("c", [1], dataset="Y"), group("d", [2])]
    assert [[each.label for each in same] for same in comparable(groups).values()] == [["d", "a"], ["b"], ["c"]]


def test_a_difference_is_that_of_common_seeds():
    first, other = [70.0, 72.0, 74.0, 71.0, 73.0, 75.0], [69.0, 69.5, 71.0, 70.5, None, 70.0]
    (found,) = differences([group("first", first), group("other", other)], "acc")
    expected = [a - b for a, b in zip(first, other) if b is not None]
    assert found.values == expected
    assert found.mean == pytest.approx(statistics.fmean(expected))
    half = 2.776445 * statistics.stdev(expected) / 5**0.5  # the 97.5 % point of t with four degrees of freedom
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=1e-4)
    flips = [abs(np.dot(signs, expected)) for signs in itertools.product((1, -1), repeat=5)]
    assert found.p_value == pytest.approx(np.mean([flip >= sum(expected) - 1e-9 for flip in flips]))
    assert found.verdict == "too few seeds to tell, though the interval excludes 0"  # p cannot be below 2 / 2**5


def test_a_verdict_needs_seeds_and_allows_for_the_number_of_comparisons():
    first = [70.0, 72.0, 74.0, 71.0, 73.0, 75.0]
    worse, same = [value - 2 - i / 10 for i, value in enumerate(first)], [72.0, 70.0, 74.0, 72.0, 72.0, 75.0]
    assert verdicts([group("first", first), group("worse", worse)]) == ["beyond chance"]  # 2 of 64 flips
    assert verdicts([group("first", first), group("same", same)]) == ["not beyond chance"]
    both = [group("first", first), group("worse", worse), group("worse too", worse)]
    assert all(verdict.startswith("too few seeds") for verdict in verdicts(both))  # 4 of 64 for two comparisons
    more = [[*values, *(value + 0.01 for value in values)] for values in (first, worse)]
    assert verdicts([group("first", more[0]), *(group(str(i), more[1]) for i in range(3))]) == ["beyond chance"] * 3
    assert differences([group("a", first[:2]), group("b", worse[:2])], "acc")[0].low is None


def test_one_seed_is_compared_over_the_test_clips(tmp_path):
    write_run(tmp_path / "a", clips=40, test_ood=False, metrics={"acc": 90.0})
    write_run(tmp_path / "b", clips=40, test_ood=False, metrics={"acc": 40.0}, settings={"lr": 1.0})
    true = np.load(tmp_path / "a" / "y_true.npy")
    inside = true < 3
    rng = np.random.default_rng(1)
    for name, share in (("a", 0.9), ("b", 0.4)):
        np.save(tmp_path / name / "y_pred.npy", np.where(rng.random(40) < share, np.minimum(true, 2), (true + 1) % 3))
    groups = group_runs([read_run(tmp_path / name / "run.json") for name in "ab"])
    low, high = over_clips(groups[0], groups[1], "acc")
    right = [np.load(tmp_path / name / "y_pred.npy")[inside] == true[inside] for name in "ab"]
    rows = rng.integers(inside.sum(), size=(20_000, inside.sum()))
    slow = 100 * (right[0][rows].mean(axis=1) - right[1][rows].mean(axis=1))
    assert (low, high) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=2.5)
    (found,) = differences(groups, "acc")
    assert found.over == "clips"
    assert found.verdict == "beyond chance for this one seed"
    assert "for one seed" in finding(groups, [found], "acc", "ACC")
    np.save(tmp_path / "b" / "y_true.npy", true[::-1].copy())  # other clips
    assert over_clips(groups[0], group_runs([read_run(tmp_path / "b" / "run.json")])[0], "acc") == (None, None)


def test_no_common_seed_is_no_comparison():
    found = differences([group("a", [70.0, None]), group("b", [None, 60.0])], "acc")
    assert found[0].verdict == "cannot be told"
    header, rows = table(found)
    assert rows == [["b", "–", "–", "–", "0", "cannot be told"]]
    assert len(header) == len(rows[0])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (([70.0, 71.0], [60.0, 69.0]), "but 2 seeds are too few to tell whether that is chance"),
        (([70.0 + i for i in range(8)], [60.0 + i for i in range(8)]), "; the difference is beyond chance"),
        (([70.0, 60.0] * 4, [60.0, 69.0] * 4), "no difference from another is beyond chance"),
    ],
)
def test_a_finding_says_whether_the_best_is_better(values, words):
    groups = [group("a", values[0]), group("b", values[1])]
    found = differences(groups, "acc")
    text = finding(groups, found, "acc", "ACC")
    assert text.startswith(f"a has the highest mean ACC, {groups[0].text('acc')} %")
    assert text.endswith(words)
    assert "permutation test" in explained(groups[0], "ACC", found)


def test_a_sweep_is_of_groups_that_differ_in_one_number_alone():
    settings = [{"k": 8, "on": True}, {"k": 2, "on": True}, {"k": 4, "on": False}, {"k": float("nan"), "on": True}]
    settings.append({"k": True, "on": True})
    (sweep,) = sweeps([group(str(i), [50], settings=each) for i, each in enumerate(settings)])
    assert sweep.setting == "k"
    assert sweep.values == [2, 8]
    assert [each.label for each in sweep.groups] == ["1", "0"]
    assert not sweeps([group("a", [1], settings={"k": 1}), group("b", [1], settings={"k": 2}, dataset="Y")])


def test_intervals_need_three_seeds():
    assert half_width([70.0, 71.0]) is None
    values = [70.0, 71.0, 73.0]
    assert half_width(values) == pytest.approx(4.302653 * statistics.stdev(values) / 3**0.5, abs=1e-5)


def test_differences_that_round_to_zero_have_no_sign():
    assert [signed(value, 1) for value in (-0.04, 0.04, 0.05001, -0.0, -1.25)] == ["0.0", "0.0", "+0.1", "0.0", "−1.2"]


def test_labels_beside_a_picture_have_two_lines_at_most():
    assert wrapped("short") == "short"
    assert wrapped("a word " * 30).count("\n") == 1


def test_the_pair_confused_most_is_that_of_the_largest_part():
    counts = np.array([[2, 6, 2], [7, 110, 3], [0, 0, 3]])
    assert (
        confused(counts, ["Doubt", "Other", "Rare"]) == "Confused most often: Doubt is taken for Other (6 of 10 clips)"
    )
    rare = np.array([[10, 0, 0], [1, 9, 0], [0, 3, 0]])  # three clips say little
    assert confused(rare, ["A", "B", "C"]) == "Confused most often: B is taken for A (1 of 10 clips)"
    assert confused(np.array([[3, 0], [3, 0]]), ["A", "B"]) == "Confused most often: B is taken for A (3 of 3 clips)"
    assert confused(np.eye(2, dtype=int), ["A", "B"]) == "No clip is taken for another intent"


@pytest.mark.parametrize(
    ("best", "lengths", "words"),
    [
        ([3, 3], [3, 3], "still improving at the last epoch"),
        ([2, 3], [3, 3], "best at epochs 2 to 3 of 3"),
        ([2], [3], "best at epoch 2 of 3"),
    ],
)
def test_a_training_curves_title_says_when_the_dev_score_was_best(best, lengths, words):
    assert words in training_finding(best, lengths, "acc")


def test_a_sweep_without_a_difference_says_so():
    settings = [{"k": 2}, {"k": 4}]
    close = sweeps([group(str(k), values, settings=k) for k, values in zip(settings, ([60, 64], [61, 64]))])
    assert sweep_finding(close, "k") == "Accuracy over k: no difference beyond the spread over seeds on X"
    apart = sweeps([group(str(k), values, settings=k) for k, values in zip(settings, ([60, 61], [70, 71]))])
    assert sweep_finding(apart, "k") == "Accuracy over k: highest at 4 on X (70.50 %)"


def test_the_modality_that_is_missed_most():
    def rows(**changes):
        made = [{"modality": "none", "way": "intact", "acc": 70.0}]
        ways = [(modality, way) for modality in ("text", "video", "audio") for way in ("dropped", "shuffled", "noise")]
        return made + [{"modality": m, "way": w, "acc": 70.0, "acc_change": changes.get(m, 0.0)} for m, w in ways]

    assert dependence(rows(text=-3.0, audio=-12.5), "acc").endswith("depends most on audio, up to 12.5 points of ACC")
    assert "no modality is missed" in dependence(rows(video=-0.5), "acc")


def test_a_command_that_makes_the_runs_again():
    record = {
        **{
            "method": "amess",
            "text_backbone": "bert",
            "train_ood": True,
            "test_mode": "ood_det",
            "modality_ablation": [],
        },
        **{"ood_detection_method": "vim", "changed": {"lr": 0.001}, "frozen": False, "data_mode": "multi-class"},
    }
    words = command_of(group("a", [70.0, 71.0], test_ood=True, **record)).split()
    assert words[:7] == ["python", "run.py", "--method", "amess", "--dataset", "X", "--data_path"]
    options = make_parser().parse_args(words[2:])
    assert (options.train, options.train_ood, options.test_ood, options.seeds) == (True, True, True, [0, 1])
    assert (options.test_mode, options.ood_detection_method, options.assignments) == ("ood_det", "vim", ["lr=0.001"])
    demo = command_of(group("a", [70.0], test_ood=True, demo=True, **record))
    assert "--data_path" not in demo
    assert "--test_ood" not in demo


@pytest.mark.parametrize("beside", [(), ("paper",), ("paper", "rerun")])
def test_the_best_of_a_table_of_reproduce_is_a_measured_mean(beside):
    rows = [
        {"label": "good", "method": "a", "mean": {"acc": 72.0, "f1": 60.0}, "cost": {}},
        {"label": "other", "method": "b", "mean": {"acc": 71.0, "f1": 65.0}, "cost": {}},
        {"label": "quoted", "method": None, "mean": {}, "cost": {}},
    ]
    for row in rows:
        row.update({"std": {}, "seeds": [0], "seeds_planned": 1, "paper": {}, "rerun": {}})
        row.update({kind: {"acc": 99.0, "f1": 99.0} for kind in beside})
    made = {"metrics": {"acc": "ACC", "f1": "F1"}, "rows": rows}
    _, body = cells(made)
    assert {body[i][j] for i, j in best_cells(made)} == {"72.00", "65.00"}
