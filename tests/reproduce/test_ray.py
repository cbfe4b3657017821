"""A comparison on a real Ray cluster of two workers, of which one is killed in the middle."""

import json
import threading
import time

import pytest

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster  # noqa: E402

from mia_plugins.cli import main  # noqa: E402


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [started.add_node(num_cpus=1, object_store_memory=80 * 2**20) for _ in range(2)]
    started.wait_for_nodes()
    yield started, nodes
    started.shutdown()


def test_a_killed_worker_loses_no_run(cluster, data, backbone, tmp_path, capsys):
    started, nodes = cluster
    killed = []

    def kill_one():
        """As soon as one of its runs is under way."""
        while not list(tmp_path.glob("runs/*/*/resume/config.json")):
            time.sleep(0.05)
        started.remove_node(nodes[0], allow_graceful=False)
        killed.append(True)

    thread = threading.Thread(target=kill_one, daemon=True)
    thread.start()
    settings = ("num_train_epochs=6", "train_batch_size=16", "lr=1e-3")
    chosen = [part for text in settings for part in ("--set", text)]
    words = ["compare", "--methods", "text", "--in_scope_only", "--data_path", data, "--dataset", "MIntRec2.0"]
    words += ["--text_backbone", backbone, "--no_modality_ablation", *chosen, "--results", tmp_path]
    assert main([*map(str, words), "--seeds", "0", "1", "2", "3", "--ray", started.address]) == 0
    thread.join(timeout=10)
    assert killed
    made = [json.loads(path.read_text()) for path in (tmp_path / "runs").glob("*.json")]
    assert sorted(each["seed"] for each in made) == [0, 1, 2, 3]
    assert all(each["metrics"]["acc"] >= 0 for each in made)
    (table,) = json.loads((tmp_path / "compare.json").read_text())["tables"]
    assert table["rows"][0]["seeds"] == [0, 1, 2, 3]
