"""Small data sets on disk, and the one way a user's error must look."""

import csv
import os
import pickle
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

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
