"""Small data sets on disk, and the one way a user's error must look."""

import csv
import os
import pickle
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from mia_plugins.data.store.build import convert
from mia_plugins.data.store.safe_pickle import load_plain
from mia_plugins.errors import UserError

SHARED = Path(os.environ.get("MIA_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))


@pytest.fixture
def user_error():
    """``with user_error("train.tsv", "row 3"):`` the block must end in a one-line UserError with these words."""

    @contextmanager
    def expect(*words):
        with pytest.raises(UserError) as caught:
            yield
        message = str(caught.value)
        assert len(message.splitlines()) == 1, message
        assert ";" in message, f"no remedy in: {message}"
        for word in words:
            assert str(word) in message, f"{word!r} is not in: {message}"

    return expect


@pytest.fixture
def unprivileged():
    """``with unprivileged(folder):`` the block runs as a user with no special rights, who may look into ``folder``."""

    @contextmanager
    def run(folder):
        for place in [folder, *folder.parents]:
            if place.owner() == "root" and "pytest-of-" in str(place):
                place.chmod(place.stat().st_mode | 0o011)
        before = os.geteuid()
        try:
            if before == 0:
                os.seteuid(65534)
            yield
        finally:
            os.seteuid(before)

    return run


def slow_frames(value, max_length):
    """One clip's first frames, from the loaded value: the slow and obvious way. A ValueError says what is wrong."""
    if isinstance(value, (list, tuple)):
        value = slow_stack(value[:max_length])
    if not isinstance(value, np.ndarray):
        raise ValueError(f"is a {type(value).__name__}, not an array of frames")
    if value.ndim == 3 and value.shape[1] == 1:
        value = value[:, 0]
    if value.ndim != 2:
        raise ValueError(f"has the shape {value.shape}, not (frames, width)")
    if value.size == 0:
        raise ValueError(f"is empty, of shape {value.shape}")
    if value.dtype.kind not in "fiu":
        raise ValueError(f"holds {value.dtype} values, not numbers")
    with np.errstate(over="ignore"):
        kept = value[:max_length].astype(np.float32)
    for i, frame in enumerate(kept):
        if any(not abs(value) <= 1e15 for value in frame.tolist()):
            raise ValueError(f"has a value that is NaN, infinite or beyond 1e+15 in frame {i} (counted from 0)")
    return kept


def slow_stack(frames):
    if not frames:
        raise ValueError("is empty, without a frame")
    flat = []
    for i, frame in enumerate(frames):
        if not isinstance(frame, np.ndarray):
            raise ValueError(f"holds a {type(frame).__name__} as frame {i} (counted from 0), not an array")
        if frame.ndim == 2 and len(frame) == 1:
            frame = frame[0]
        if frame.ndim != 1 or (flat and frame.shape != flat[0].shape):
            raise ValueError(f"has the shape {frame.shape} in frame {i} (counted from 0), unlike (width,)")
        flat.append(frame)
    return np.stack(flat)


@pytest.fixture(scope="session")
def same_frames():
    """``same_frames(values, entry, value, max_length)``: the entry of a converted file says what the value's frames are."""

    def check(values, entry, value, max_length):
        offset, count, width, bad, fault_at, fault = entry
        length = min(count, max_length)
        try:
            expected = slow_frames(value, max_length)
        except ValueError as error:
            if 0 <= fault_at < max_length:
                assert fault == str(error)  # noqa: PT017
            elif length * width == 0:
                assert str(error) == f"is empty, of shape {(length, width)}"  # noqa: PT017
            else:
                assert 0 <= bad < length
                assert f"in frame {bad} " in str(error)  # noqa: PT017
        else:
            assert not 0 <= fault_at < max_length
            assert not 0 <= bad < length
            np.testing.assert_array_equal(values[offset : offset + length * width].reshape(length, width), expected)

    return check


@pytest.fixture
def same_when_streamed(tmp_path, same_frames):
    """``same_when_streamed(path)``: converting the pickle comes to what loading it at once does, or to the same error."""

    def check(path):
        converted = expected = error = None
        try:
            expected = load_plain(path)
        except UserError as refused:
            error = str(refused)
        try:
            converted = convert(path, tmp_path / "frames.f32")
        except UserError as refused:
            if error is None:
                assert not isinstance(expected, dict), refused  # noqa: PT017
                assert f"holds a {type(expected).__name__}, not a dict" in str(refused)  # noqa: PT017
            else:
                addresses = r"0x[0-9a-f]+"
                assert re.sub(addresses, "", str(refused)) == re.sub(addresses, "", error)  # noqa: PT017
            return
        assert error is None, error
        assert list(converted) == list(expected)
        values = np.fromfile(tmp_path / "frames.f32", "<f4")
        for key, value in expected.items():
            for max_length in (1, 2, 3, 1000):
                same_frames(values, converted[key], value, max_length)

    return check


@pytest.fixture
def compare(tmp_path, same_when_streamed):
    """``compare(bytes)``: a file with these bytes streams to what it loads to; returns its path."""

    def write_and_compare(content):
        path = tmp_path / "video_feats.pkl"
        path.write_bytes(content)
        same_when_streamed(path)
        return path

    return write_and_compare


@pytest.fixture
def write_scope():
    """Writes ``{split: rows}`` tables, and video and audio features for every row's key."""

    def write(folder, splits, header, key, video="video_feats.pkl", audio="audio_feats.pkl", widths=(4, 6)):
        rng = np.random.default_rng(0)
        features = {"video": {}, "audio": {}}
        folder.mkdir(parents=True, exist_ok=True)
        for split, rows in splits.items():
            with open(folder / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter="\t", lineterminator="\n").writerows([header, *rows])
            for row in rows:
                for kind, width in zip(features, widths):
                    features[kind][key(row)] = rng.normal(size=(rng.integers(1, 9), width)).astype(np.float32)
        for kind, name in (("video", video), ("audio", audio)):
            (folder / f"{kind}_data").mkdir(exist_ok=True)
            (folder / f"{kind}_data" / name).write_bytes(pickle.dumps(features[kind]))
        return features

    return write


@pytest.fixture(scope="session")
def shared():
    """The folder with the real annotations and the tools that make stand-ins for the features."""
    if not (SHARED / "tools" / "make_planted.py").is_file():
        pytest.skip(f"needs {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def planted(shared, tmp_path_factory):
    """``planted(layout)``: the folder of a small data set in a benchmark's layout, made once."""
    made = {}

    def make(layout):
        if layout not in made:
            made[layout] = tmp_path_factory.mktemp(layout)
            command = [sys.executable, str(shared / "tools" / "make_planted.py"), "--layout", layout]
            subprocess.run(
                [*command, "--rows", "80", "--out", str(made[layout])], check=True, stdout=subprocess.DEVNULL
            )
        return made[layout]

    return make
