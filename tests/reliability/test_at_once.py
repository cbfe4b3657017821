"""Two commands at once in one folder: each scores as it does alone, whatever sets them apart; the same one is made once."""

import pytest
from reliability.attack import HEAVY, count, expect
from reliability.processes import check_one_line, finish, halves, left_by, run, start, table, words

PAIRS = {  # what one has and the other has not
    "a setting": ["--set", "lr=1e-9"],
    "the seed": ["--seed", "3"],
    "the detector": ["--test_mode", "ood_det", "--ood_detection_method", "msp"],
    "out-of-scope training": ["--train_ood"],
    "a frozen encoder": ["--freeze_backbone_parameters"],
    "no kept model": ["--no_save_model"],
}
CHOSEN = list(PAIRS)[: None if HEAVY else 2]


@pytest.mark.parametrize("name", CHOSEN)
def test_two_that_differ(data, backbone, tmp_path, name):
    kind = count("two different runs at once")
    commands = [words(data, backbone, epochs=2, lr="1e-2"), words(data, backbone, *PAIRS[name], epochs=2, lr="1e-2")]
    together = [start(command, tmp_path / "together") for command in commands]
    endings = [finish(process) for process in together]
    same = name == "no kept model"  # no other results, so it is one run: made by one of them
    for code, _, errors in endings:
        expect(kind, code == 0 or (same and code == 2), f"exit code {code}: {errors[-500:]}")
    for command in commands:
        code, _, errors = run(command, tmp_path / "alone")
        expect(kind, code == 0, errors)
    if not same:
        expect(kind, left_by(tmp_path / "together") == left_by(tmp_path / "alone"), "other results than alone")
    expect(kind, len(table(tmp_path / "together")) == 2 - same, "not one row a run")
    expect(kind, not halves(tmp_path), f"left behind: {halves(tmp_path)}")


@pytest.mark.parametrize("processes", [2, 8] if HEAVY else [2])
def test_the_same_command(data, backbone, tmp_path, processes):
    kind, command = count("the same run several times at once"), words(data, backbone, epochs=2)
    endings = [finish(each) for each in [start(command, tmp_path / "together") for _ in range(processes)]]
    codes = [code for code, _, _ in endings]
    expect(kind, 0 in codes, f"none was made: {codes}")
    for code, _, errors in endings:
        if code:
            check_one_line(kind, code, errors, "this very run is being made by", "wait for it")
    run(command, tmp_path / "alone")
    expect(kind, left_by(tmp_path / "together") == left_by(tmp_path / "alone"), "other results than alone")
    expect(kind, len(table(tmp_path / "together")) == 1, "a row too many")
    expect(kind, not halves(tmp_path), f"left behind: {halves(tmp_path)}")
