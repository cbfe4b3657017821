"""Where a command is among its runs, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Counts the runs of a command, and estimates the time left from how long they have taken so far.

    Args:
        total: how many runs the command asks for.
        done: how many of them were finished before.
        what: what is counted.
        clock: returns seconds.

    Example:
        >>> seconds = iter([0.0, 120.0])
        >>> pace = Pace(3, clock=lambda: next(seconds))
        >>> pace.finish()
        >>> pace.place()
        'run 2 of 3, about 4 min left'
    """

    def __init__(
        self, total: int, done: int = 0, what: str = "run", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total, self.done, self.what, self.clock = total, done, what, clock
        self.began = clock()
        self.free = done  # finished runs that took none of the time since then

    def finish(self, made_now: bool = True) -> None:
        """One more run is finished; ``made_now`` is false if it was merely found to be so."""
        self.done += 1
        self.free += not made_now

    def place(self) -> str:
        """The run that begins now, such as ``run 3 of 8, about 5 min left``."""
        text = f"{self.what} {min(self.done + 1, self.total)} of {self.total}"
        made = self.done - self.free
        if made < 1:
            return text
        return f"{text}, {duration((self.clock() - self.began) / made * (self.total - self.done))} left"


def duration(seconds: float) -> str:
    """A time in words, as precise as an estimate can be.

    >>> [duration(seconds) for seconds in (20, 100, 3000, 9000)]
    ['less than a minute', 'about 2 min', 'about 50 min', 'about 2.5 h']
    """
    if seconds < 60:
        return "less than a minute"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
