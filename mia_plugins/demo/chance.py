"""Random draws that come out the same on every machine and with every version of numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Chance:
    """Draws from the raw 64-bit words of PCG64.

    numpy promises the same words for ever, but not the same ``Generator`` results, and its normal numbers depend on
    the C library's exponential. Here everything up to the last multiplication is whole-number arithmetic.
    """

    def __init__(self, seed: int):
        self.words = np.random.PCG64(seed)

    def below(self, n: int) -> int:
        """Returns a whole number from 0 to ``n - 1``."""
        return int(self.words.random_raw()) % n

    def pick(self, items: Sequence[T]) -> T:
        """Returns one item of a sequence."""
        return items[self.below(len(items))]

    def happens(self, probability: float) -> bool:
        """Returns True with a probability between 0 and 1, exact to a millionth."""
        return self.below(1_000_000) < round(probability * 1_000_000)

    def order(self, n: int) -> np.ndarray:
        """Returns the numbers 0 to ``n - 1`` in random order, ``(n,)``."""
        return np.argsort(self.words.random_raw(n), kind="stable")

    def noise(self, rows: int, columns: int) -> np.ndarray:
        """Returns nearly Gaussian numbers of mean 0 and variance 1, float64 ``(rows, columns)``: sums of 8 bytes."""
        words = self.words.random_raw(rows * columns)
        low = np.uint64(0x00FF00FF00FF00FF)
        pairs = (words & low) + ((words >> np.uint64(8)) & low)  # four 16-bit sums of two bytes
        quads = pairs + (pairs >> np.uint64(32))
        sums = (quads + (quads >> np.uint64(16))) & np.uint64(0xFFFF)
        deviation = (8 * (256**2 - 1) / 12) ** 0.5
        return ((sums.astype(np.float64) - 8 * 127.5) / deviation).reshape(rows, columns)
