import pickle

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mia_plugins.data.features import read_features
from mia_plugins.data.store.writer import LARGEST
from mia_plugins.errors import UserError


@pytest.fixture
def write(tmp_path):
    """Writes a table and gives its path."""

    def dump(table, protocol=4):
        path = tmp_path / "video_feats.pkl"
        path.write_bytes(pickle.dumps(table, protocol))
        return path

    return dump


def frames(count, width=4, dtype=np.float32):
    return np.arange(count * width, dtype=dtype).reshape(count, width)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "saved",
    [
        frames(5),
        frames(5, dtype=np.float64),
        frames(5, dtype=np.float16),
        frames(5, dtype=np.int64),
        frames(5, dtype=">f4"),
        frames(5)[:, None],
        np.asfortranarray(frames(5)),
        frames(10)[::2] / 2 + frames(5) / 2,
        list(frames(5)),
        [frame[None] for frame in frames(5)],
        tuple(frames(5, dtype=np.float64)),
    ],
)
def test_every_published_form_becomes_float32(write, saved, protocol):
    expected = np.asarray(saved, dtype=np.float32).reshape(-1, 4)
    for max_length in (9, 5, 3):
        (read,) = read_features(write({"a": saved}, protocol), ["a"], max_length=max_length)
        assert read.dtype == np.float32
        assert read.dtype.isnative
        assert read.flags.c_contiguous
        np.testing.assert_array_equal(read, expected[:max_length])


def test_keys_in_the_order_asked_for_and_again(write):
    path = write({"a": frames(1), "b": frames(2), "c": frames(3)})
    read = read_features(path, ["c", "a", "c"], max_length=9)
    assert [len(clip) for clip in read] == [3, 1, 3]
    np.testing.assert_array_equal(read[0], read[2])
    assert len(read_features(path, [], max_length=9)) == 0


def test_a_cut_clip_does_not_keep_the_rest(write):
    (read,) = read_features(write({"a": frames(1000)}), ["a"], max_length=2)
    assert read.base is None


def test_values_beyond_the_cut_do_not_matter(write):
    clip = frames(5)
    clip[4] = np.nan
    (read,) = read_features(write({"a": clip}), ["a"], max_length=4)
    assert len(read) == 4


def corrupted(value):
    clip = frames(5, dtype=np.float64)
    clip[2, 1] = value
    return clip


@pytest.mark.parametrize(
    ("saved", "reason"),
    [
        (corrupted(np.nan), "frame 2"),
        (corrupted(-np.inf), "frame 2"),
        (corrupted(1e300), "frame 2"),
        (corrupted(-1e30), "beyond 1e+15 in frame 2"),
        (corrupted(1.001e15), "beyond 1e+15 in frame 2"),
        (list(corrupted(1e30)), "beyond 1e+15 in frame 2"),
        (frames(5, dtype=np.int64) * 10**15, "beyond 1e+15 in frame 0"),
        (frames(0), "empty"),
        (frames(3, width=0), "empty"),
        ([], "empty"),
        (np.zeros(4, np.float32), "shape (4,)"),
        (np.zeros((3, 2, 4), np.float32), "shape (3, 2, 4)"),
        (np.float32(3), "float32"),
        (np.zeros((3, 4), bool), "bool"),
        ([np.zeros(4), np.zeros(5)], "frame 1"),
        ([np.zeros(4), np.zeros((2, 4))], "frame 1"),
        ([[0.5, 0.5]], "list"),
        ([np.zeros(4), "x"], "str"),
        ("text", "str"),
        ({"frames": 1}, "dict"),
        (None, "NoneType"),
    ],
)
def test_a_bad_clip_is_named(write, user_error, saved, reason):
    path = write({"fine": frames(2), "S05_E15_248": saved})
    with user_error("clip S05_E15_248", "train.tsv, row 12", path, reason):
        read_features(path, ["fine", "S05_E15_248"], max_length=9, rows=["train.tsv, row 11", "train.tsv, row 12"])


@pytest.mark.parametrize("sign", [1, -1])
def test_frames_at_the_bound_have_a_finite_sum_of_squares(write, sign):
    """What a network makes of them first, in float32, for a clip longer than any that is kept."""
    largest = np.full((500, 2000), sign * LARGEST, np.float32)
    (read,) = read_features(write({"a": largest}), ["a"], max_length=500)
    clip = torch.from_numpy(read).requires_grad_()
    norms = torch.stack([clip.norm(), clip.square().sum(), clip.var(), (clip @ clip.T).abs().max()])
    layer = torch.nn.functional.layer_norm(clip, [2000]).sum() + torch.nn.functional.normalize(clip, dim=1).sum()
    assert torch.isfinite(norms).all()
    (layer + norms[0]).backward()
    assert torch.isfinite(layer)
    assert torch.isfinite(clip.grad).all()


def test_a_missing_clip_is_named(write, user_error):
    path = write({"fine": frames(2)})
    with user_error(f"clip S05_E15_248 (train.tsv, row 12) has no features in {path}"):
        read_features(path, ["S05_E15_248"], max_length=9, rows=["train.tsv, row 12"])
    with user_error(f"clip S05_E15_248 has no features in {path}"):
        read_features(path, ["S05_E15_248"], max_length=9)


def test_all_missing_clips_are_told_at_once(write, user_error):
    path = write({"fine": frames(2), "bad": None})
    keys = ["bad", *(f"gone{i}" for i in range(7)), "fine"]
    rows = [f"train.tsv, row {i}" for i in range(2, 11)]
    with user_error(f"7 clips have no features in {path}: gone0 (train.tsv, row 3), gone1", "gone4", " and 2 more"):
        read_features(path, keys, max_length=9, rows=rows)
    with user_error("2 clips have no features", "gone0, gone1;"):
        read_features(path, ["gone0", "gone1"], max_length=9)


@pytest.mark.parametrize("key", ["k" * 5000, "a\nb", "\x1b[31m", "\u2028"])
def test_an_odd_key_leaves_the_message_on_one_short_line(write, key):
    with pytest.raises(UserError) as caught:
        read_features(write({}), [key], max_length=9)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_another_width_is_named(write, user_error):
    path = write({"a": frames(2, width=4), "b": frames(2, width=5)})
    with user_error("clip b", path, "has 5 features a frame where other clips have 4"):
        read_features(path, ["a", "b"], max_length=9)
    with user_error("clip a", path, "has 4 features a frame where other clips have 256"):
        read_features(path, ["a"], max_length=9, width=256)


def test_not_a_dict(write, user_error):
    path = write([frames(2)])
    with user_error(path, "list"):
        read_features(path, ["a"], max_length=9)


def test_lists_that_hold_each_other_are_refused_at_once(write, user_error):
    nested = [0.5]
    for _ in range(40):
        nested = [nested] * 10
    itself = []
    itself.append(itself)
    for value in (nested, itself):
        with user_error("clip a"):
            read_features(write({"a": value}), ["a"], max_length=9)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    width=st.integers(1, 5),
    max_length=st.integers(1, 12),
    dtype=st.sampled_from([np.float16, np.float32, np.float64, np.int32, np.uint8]),
    form=st.sampled_from(["array", "column", "list", "rows"]),
    protocol=st.integers(0, 5),
)
def test_as_a_plain_loop_would_read_it(write, lengths, width, max_length, dtype, form, protocol):
    rng = np.random.default_rng(0)
    clips = {f"clip{i}": rng.uniform(0, 200, size=(n, width)).astype(dtype) for i, n in enumerate(lengths)}
    forms = {"array": lambda x: x, "column": lambda x: x[:, None], "list": list, "rows": lambda x: [r[None] for r in x]}
    path = write({key: forms[form](clip) for key, clip in clips.items()}, protocol)
    for clip, read in zip(clips.values(), read_features(path, list(clips), max_length=max_length)):
        assert read.dtype == np.float32
        assert read.tolist() == [[float(np.float32(value)) for value in frame] for frame in clip[:max_length]]
