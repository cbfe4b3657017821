"""An extraction on a real Ray cluster of two workers, of which one is killed in the middle."""

import json
import threading
import time

import numpy as np
import pytest

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster  # noqa: E402

from mia_plugins.cli import main  # noqa: E402
from mia_plugins.extract import on_ray  # noqa: E402

pytest.importorskip("efficientnet_lite_pytorch")
SMALL = ["--video_backbone", "efficientnet-lite0", "--audio_backbone", "none"]


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [started.add_node(num_cpus=1, object_store_memory=80 * 2**20) for _ in range(2)]
    started.wait_for_nodes()
    yield started, nodes
    started.shutdown()


def test_a_killed_worker_loses_no_clip(cluster, clips, tmp_path, monkeypatch):
    started, nodes = cluster
    monkeypatch.setattr(on_ray, "TASK", 2)
    (tmp_path / "clips").mkdir()
    for number in range(10):
        (tmp_path / "clips" / f"c{number}.mp4").write_bytes((clips / "turned.mp4").read_bytes())
    (tmp_path / "clips" / "empty.mp4").write_bytes(b"")
    made = tmp_path / "out" / "extracted.log"

    def kill_one():
        """As soon as the first clips have arrived."""
        while not made.exists():
            time.sleep(0.05)
        started.remove_node(nodes[0], allow_graceful=False)

    thread = threading.Thread(target=kill_one, daemon=True)
    thread.start()
    words = ["extract", str(tmp_path / "clips"), "-o", str(tmp_path / "out"), *SMALL, "--ray", started.address]
    assert main(words) == 1  # the empty one
    thread.join(timeout=10)
    lines = {line["key"]: line for line in map(json.loads, made.read_text().splitlines())}
    assert {key for key, line in lines.items() if "failed" in line} == {"empty"}
    assert main(["extract", str(clips / "turned.mp4"), "-o", str(tmp_path / "here"), *SMALL]) == 0
    want = np.load(tmp_path / "here" / "video" / "turned.npy")
    for number in range(10):
        np.testing.assert_allclose(np.load(tmp_path / "out" / "video" / f"c{number}.npy"), want, atol=1e-4)
