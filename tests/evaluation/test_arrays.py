"""Input that no number can be made of is refused in one line; everything else keeps its value and precision."""

from __future__ import annotations

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.evaluation.arrays import finite, flags, label_ids, same_rows, scores_and_flags


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: finite("x", [], ndim=1), "x: shape (0,)"),
        (lambda: finite("x", [[1.0]], ndim=1), "x: shape (1, 1)"),
        (lambda: finite("x", ["a"], ndim=1), "x: not an array of numbers"),
        (lambda: finite("x", [[1.0], [1.0, 2.0]], ndim=2), "x: not an array of numbers"),
        (lambda: finite("x", [[0, 0], [0, np.inf], [np.nan, 0]], ndim=2), "x: 2 of 6 values NaN or infinite"),
        (lambda: label_ids("y", [0, 1, 1.5]), "row 2"),
        (lambda: finite("x", [[0, 0], [0, np.inf]], ndim=2), "first in row 1"),
        (lambda: label_ids("y", [0, np.nan]), "first in row 1"),
        (lambda: flags("f", [0, 1, 2]), "f: values must be 0 or 1"),
        (lambda: same_rows(a=np.zeros(2), b=np.zeros(3)), "a 2, b 3"),
    ],
)
def test_unusable_input_is_refused_in_one_line(call, message):
    with pytest.raises(UserError) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_keep_their_precision(dtype):
    assert finite("x", np.ones(2, dtype=dtype), ndim=1).dtype == dtype


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.bool_, np.float32])
def test_labels_come_as_int64(dtype):
    ids = label_ids("y", np.array([0, 1, 1], dtype=dtype))
    assert ids.dtype == np.int64
    assert ids.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("scores", "inside", "message"),
    [
        ([0.1, 0.2], [1, 1], "2 in-scope, 0 OOS"),
        ([0.1, 0.2], [0, 0], "0 in-scope, 2 OOS"),
        ([0.1, np.nan], [0, 1], "scores: 1 of 2 values NaN"),
        ([0.1, -np.inf], [0, 1], "scores: 1 of 2 values NaN or infinite"),
        ([0.1, 0.2], [0, 2], "is_in_scope"),
        ([0.1], [0, 1], "scores 1, is_in_scope 2"),
        ([], [], "scores"),
    ],
)
def test_unusable_scores_are_a_user_error(scores, inside, message):
    with pytest.raises(UserError, match=message):
        scores_and_flags(scores, inside)
