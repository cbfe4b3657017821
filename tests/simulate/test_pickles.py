"""Feature files written clip by clip."""

import pickle

import numpy as np
import pytest

from mia_plugins.data.features import read_features
from mia_plugins.data.store.safe_pickle import load_plain
from mia_plugins.simulate.pickles import FeatureFile

CLIPS = {
    f"S{i}_\N{LATIN SMALL LETTER E WITH ACUTE}": np.random.default_rng(i)
    .normal(size=(1 + 70 * i, 5))
    .astype(np.float32)
    for i in range(4)
}


@pytest.mark.parametrize("split_frames", [False, True])
def test_read_back(tmp_path, split_frames):
    path = tmp_path / "video_data" / "x.pkl"
    with FeatureFile(path) as file:
        for key, values in CLIPS.items():
            file.add(key, values, split_frames=split_frames)
    assert b"numpy._core" not in path.read_bytes()  # numpy 1.23 does not know this name
    for loaded in (pickle.loads(path.read_bytes()), load_plain(path)):
        assert list(loaded) == list(CLIPS)
        for key, values in CLIPS.items():
            assert isinstance(loaded[key], list) == split_frames
            frames = np.stack(loaded[key])
            assert frames.shape == ((len(values), 1, 5) if split_frames else values.shape)
            assert frames.dtype == np.float32
            np.testing.assert_array_equal(frames.reshape(values.shape), values)
    for stored, values in zip(read_features(path, list(CLIPS), max_length=1000), CLIPS.values()):
        np.testing.assert_array_equal(stored, values)


def test_a_broken_off_file_is_no_pickle(tmp_path):
    path = tmp_path / "x.pkl"
    file = FeatureFile(path)
    file.add("a", next(iter(CLIPS.values())))
    file.__exit__(KeyboardInterrupt, None, None)
    with pytest.raises(EOFError):
        pickle.loads(path.read_bytes())
