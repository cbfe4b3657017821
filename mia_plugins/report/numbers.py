"""Numbers as pages and pictures show them."""

from __future__ import annotations


def signed(value: float, digits: int = 2) -> str:
    """A difference with its sign; one that rounds to zero has none.

    >>> signed(1.234), signed(-0.5, 1), signed(-0.001)
    ('+1.23', '−0.5', '0.00')
    """
    rounded = round(value, digits)
    if rounded == 0:
        return f"{0:.{digits}f}"
    return f"{rounded:+.{digits}f}".replace("-", "−")


def plural(count: int, noun: str) -> str:
    """A count and its noun.

    >>> plural(1, "run"), plural(2, "run")
    ('1 run', '2 runs')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"
