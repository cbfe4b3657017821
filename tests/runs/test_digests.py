"""A run is identified by the content of its data."""

import pickle

import numpy as np
import pytest

from mia_plugins.data.dataset import DataRequest
from mia_plugins.data_adapters.mintrec import ADAPTER
from mia_plugins.runs.digests import data_digest


@pytest.fixture
def data(tmp_path):
    """Tables, video features in a folder and audio features in a file."""
    folder = tmp_path / "MIntRec"
    (folder / "video_data" / "video_feats").mkdir(parents=True)
    (folder / "audio_data").mkdir()
    for name in ("train.tsv", "dev.tsv", "test.tsv"):
        (folder / name).write_text(name)
    for name in ("a.npy", "b.npy"):
        np.save(folder / "video_data" / "video_feats" / name, np.ones((3, 4)))
    (folder / "audio_data" / "audio_feats.pkl").write_bytes(pickle.dumps({"a": np.ones((3, 4))}))
    return folder


def test_every_file_counts(data, tmp_path):
    found = {data_digest(ADAPTER, DataRequest(str(tmp_path)))}
    assert found == {data_digest(ADAPTER, DataRequest(str(tmp_path)))}
    files = sorted(path for path in data.rglob("*") if path.is_file())
    assert len(files) == 6
    for path in files:
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        found.add(data_digest(ADAPTER, DataRequest(str(tmp_path))))
    assert len(found) == 7
    (data / "video_data" / "video_feats" / "b.npy").rename(data / "video_data" / "video_feats" / "c.npy")
    assert data_digest(ADAPTER, DataRequest(str(tmp_path))) not in found
