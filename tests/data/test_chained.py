import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mia_plugins.data.chained import Chained, frame_counts


@given(st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=5))
def test_as_the_lists_one_after_the_other(parts):
    arrays = [[np.full((count, 2), i) for count in part] for i, part in enumerate(parts)]
    flat = [array for part in arrays for array in part]
    chained = Chained(arrays)
    assert len(chained) == len(flat)
    assert [id(array) for array in chained] == [id(array) for array in flat]
    assert [id(array) for array in chained[1:-1]] == [id(array) for array in flat[1:-1]]
    for i in range(-len(flat), len(flat)):
        assert chained[i] is flat[i]
    for i in (len(flat), -len(flat) - 1):
        with pytest.raises(IndexError):
            chained[i]
    assert chained.lengths.tolist() == [len(array) for array in flat]
    assert chained.lengths.dtype == np.int64
    assert Chained([chained, chained]).lengths.tolist() == 2 * chained.lengths.tolist()


class OnDisk(list):
    """Knows its clips' lengths, and must not be read for them."""

    lengths = np.array([3, 4])

    def __getitem__(self, index):
        raise AssertionError("was read")

    __iter__ = __getitem__


def test_lengths_are_known_without_reading():
    joined = Chained([OnDisk([0, 0]), [np.zeros((2, 1))], OnDisk([0, 0])])
    assert joined.lengths.tolist() == [3, 4, 2, 3, 4]
    assert frame_counts(joined).tolist() == [3, 4, 2, 3, 4]
    assert frame_counts([]).tolist() == []
