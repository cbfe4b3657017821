"""What A-MESS's pictures show, against slow references."""

import numpy as np

from mia_plugins.methods.amess.anchor_pictures import reading_rows
from mia_plugins.methods.amess.pictures import project


def test_the_plane_is_that_of_a_slow_pca():
    rng = np.random.default_rng(0)
    before, after, descriptions = rng.normal(size=(6, 5)), rng.normal(size=(6, 4)), rng.normal(size=(3, 4))
    plane = project(before, after, descriptions)
    rows = [np.append(row, [0] * (5 - len(row))) / np.linalg.norm(row) for row in (*before, *after, *descriptions)]
    covariance = np.cov(np.array(rows).T)
    values, axes = np.linalg.eigh(covariance)
    expected = (np.array(rows) - np.mean(rows, axis=0)) @ axes[:, [-1, -2]]
    expected /= np.abs(expected).max(axis=0)
    found = np.concatenate([plane.before, plane.after, plane.descriptions])
    signs = np.sign((found * expected).sum(axis=0))  # an axis may point either way
    assert np.allclose(found, expected * signs)
    assert np.allclose(plane.explained, values[[-1, -2]] / values.sum())


def test_rows_of_a_clips_heat_map():
    arrays = {
        "video_anchors": np.array([[2, 0, -1]]),
        "video_reading": np.array([[[0.5, 0.5], [0.75, 0.25], [-1, -1]]]),
    }
    rows = reading_rows(arrays, "video", 0, 4)
    assert np.isnan(rows[[1, 3]]).all()
    assert rows[2].tolist() == [1, 1]
    assert rows[0].tolist() == [1.5, 0.5]
