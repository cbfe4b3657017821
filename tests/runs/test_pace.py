"""Which run a command is at, and how long the rest will take, with a clock of the test's own."""

import pytest

from mia_plugins.runs.pace import Pace, duration


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_the_time_left_is_that_of_as_many_mean_runs():
    clock = Clock()
    pace = Pace(4, clock=clock)
    assert pace.place() == "run 1 of 4"  # nothing to go by yet
    for seconds, expected in ((100, "about 5 min"), (300, "about 7 min"), (200, "about 3 min")):
        clock.now += seconds
        pace.finish()
        # means of 100, 200 and 200 seconds, times 3, 2 and 1 runs left
        assert pace.place() == f"run {pace.done + 1} of 4, {expected} left"


def test_runs_that_were_finished_before_are_counted_but_not_timed():
    clock = Clock()
    pace = Pace(6, done=2, clock=clock)
    assert pace.place() == "run 3 of 6"
    pace.finish(made_now=False)
    assert pace.place() == "run 4 of 6"
    clock.now += 120
    pace.finish()
    assert pace.place() == "run 5 of 6, about 4 min left"


def test_the_count_never_passes_the_end():
    pace = Pace(2, what="trial")
    pace.done = 2  # other processes were quicker
    assert pace.place().startswith("trial 2 of 2")


@pytest.mark.parametrize(("seconds", "words"), [(59, "less than a minute"), (60, "about 1 min"), (7200, "about 2.0 h")])
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words
