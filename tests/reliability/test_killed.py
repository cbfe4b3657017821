"""Killed at any moment of training, testing and keeping: what goes on ends as if nothing had been, to the bit."""

import random
import signal
import time

import pytest
from reliability.attack import HEAVY, count, expect
from reliability.processes import COUNTED, KILLED, finish, halves, left_by, run, start, table, words

PLACES = 30 if HEAVY else 6  # to be killed at, spread over the files that a run writes
MOMENTS = range(40 if HEAVY else 2)


@pytest.fixture(scope="module")
def whole(data, backbone, tmp_path_factory):
    """What an uninterrupted run leaves, how many files it writes, and how long it takes."""
    folder = tmp_path_factory.mktemp("whole")
    run(words(data, backbone, epochs=1), tmp_path_factory.mktemp("first"))  # it converts the features
    began = time.monotonic()
    code, output, errors = run(["0", *words(data, backbone)], folder, COUNTED)
    assert code == 0, errors
    return left_by(folder), int(output.split()[-1]), time.monotonic() - began


def go_on(kind, arguments, folder, whole):
    code, _, errors = run([*arguments, "--resume"], folder)
    expect(kind, code == 0, f"exit code {code}: {errors[-500:]}")
    expect(kind, left_by(folder) == whole, "the resumed run ended otherwise")
    expect(kind, len(table(folder)) == 1, "a row too many")
    expect(kind, not halves(folder), f"left behind: {halves(folder)}")


@pytest.mark.parametrize("place", range(PLACES))
def test_before_a_file_is_put_in_its_place(whole, data, backbone, tmp_path, place):
    state, writes, _ = whole
    kind, arguments = count("killed before a file is in its place"), words(data, backbone)
    write = 1 + round(place * (writes - 1) / (PLACES - 1))
    code, _, errors = run([str(write), *arguments], tmp_path, KILLED)
    expect(kind, code == -signal.SIGKILL, f"exit code {code}: {errors[-500:]}")
    expect(kind, halves(tmp_path), "it was not killed while it wrote")
    go_on(kind, arguments, tmp_path, state)


@pytest.mark.parametrize("seed", MOMENTS)
def test_at_random_moments_again_and_again(whole, data, backbone, tmp_path, seed):
    """Three kills at most, spread over as long as a whole run takes."""
    state, _, seconds = whole
    kind, arguments, chance = count("killed at random moments"), words(data, backbone), random.Random(seed)
    for resume in ([], ["--resume"], ["--resume"]):
        process = start([*arguments, *resume], tmp_path)
        time.sleep(chance.uniform(0.2, 1) * seconds)
        process.send_signal(signal.SIGKILL)
        code, _, errors = finish(process)
        expect(kind, code in (0, -signal.SIGKILL), f"exit code {code}: {errors[-500:]}")
    go_on(kind, arguments, tmp_path, state)
