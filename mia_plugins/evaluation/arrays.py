"""What counts as usable input: array-likes become checked numpy arrays, anything else raises a `UserError`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UserError

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.floating[Any]]
BoolArray = npt.NDArray[np.bool_]


def finite(name: str, values: npt.ArrayLike, ndim: int) -> FloatArray:
    """Return `values` as a float array without NaN or infinity; a float32 array stays float32.

    Args:
        name: what to call the values in an error.
        values: numbers, shape (rows,) or (rows, columns).
        ndim: the number of dimensions wanted.

    Raises:
        UserError: not numeric, another number of dimensions, no rows, or a value that is not finite.

    Example:
        >>> finite("scores", [1, 2], ndim=1)
        array([1., 2.])
        >>> finite("scores", [1.0, float("nan")], ndim=1)
        Traceback (most recent call last):
        mia_plugins.errors.UserError: scores: 1 of 2 values NaN or infinite, first in row 1; check the model's outputs
    """
    try:
        array = np.asarray(values)
        array = array if array.dtype.kind == "f" else array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise UserError(f"{name}: not an array of numbers; pass a numpy array") from problem
    if array.ndim != ndim or array.size == 0:
        raise UserError(f"{name}: shape {array.shape}; pass at least one row in {ndim} dimension(s)")
    bad = ~np.isfinite(array)
    if bad.any():
        row = int(np.argwhere(bad)[0, 0])
        count = f"{int(bad.sum())} of {array.size}"
        raise UserError(f"{name}: {count} values NaN or infinite, first in row {row}; check the model's outputs")
    return array


def label_ids(name: str, values: npt.ArrayLike) -> IntArray:
    """Return `values` as integer label ids, shape (rows,).

    Raises:
        UserError: see `finite`; also when a value is not a whole number.

    Example:
        >>> label_ids("y_true", [0, 2.0, True])
        array([0, 2, 1])
    """
    array = finite(name, values, ndim=1)
    ids = array.astype(np.int64)
    if (ids != array).any():
        raise UserError(f"{name}: label ids must be whole numbers, row {int(np.argmax(ids != array))} is not")
    return ids


def flags(name: str, values: npt.ArrayLike) -> BoolArray:
    """Return 0/1 `values` as booleans, shape (rows,).

    Raises:
        UserError: see `finite`; also when a value is neither 0 nor 1.

    Example:
        >>> flags("is_in_scope", [1, 0])
        array([ True, False])
    """
    array = finite(name, values, ndim=1)
    if not np.isin(array, (0, 1)).all():
        raise UserError(f"{name}: values must be 0 or 1 (1 = in-scope or correct)")
    return array.astype(np.bool_)


def same_rows(**arrays: npt.NDArray[Any]) -> None:
    """Check that all arrays have the same number of rows.

    Raises:
        UserError: they differ.

    Example:
        >>> same_rows(y_true=np.zeros(3), y_pred=np.zeros(3))
    """
    rows = {name: len(array) for name, array in arrays.items()}
    if len(set(rows.values())) > 1:
        raise UserError("different numbers of rows: " + ", ".join(f"{name} {count}" for name, count in rows.items()))


def scores_and_flags(scores: npt.ArrayLike, is_in_scope: npt.ArrayLike) -> tuple[FloatArray, BoolArray]:
    """Check scores and flags, each shape (rows,), and that both kinds of row occur.

    Raises:
        UserError: NaN or infinite scores, flags other than 0 and 1, different lengths, or one kind of row only.

    Example:
        >>> scores_and_flags([0.2, 0.9], [1, 1])
        Traceback (most recent call last):
        mia_plugins.errors.UserError: OOS metrics need both kinds of row: 2 in-scope, 0 OOS; add the missing ones
    """
    values, inside = finite("scores", scores, ndim=1), flags("is_in_scope", is_in_scope)
    same_rows(scores=values, is_in_scope=inside)
    num_in = int(inside.sum())
    num_out = len(inside) - num_in
    if not (num_in and num_out):
        raise UserError(f"OOS metrics need both kinds of row: {num_in} in-scope, {num_out} OOS; add the missing ones")
    return values, inside
