"""Arrays as the benchmark hands them on: unchecked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


def finite(name: str, values: npt.ArrayLike, ndim: int) -> FloatArray:
    """The values as an array; ``name`` and ``ndim`` say what they are."""
    return np.asarray(values)
