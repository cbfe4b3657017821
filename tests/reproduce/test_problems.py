"""``mia-plugins compare`` on sentiment: its own metrics, and no table with out-of-scope clips."""

import json
import pickle

import numpy as np

from mia_plugins.cli import main
from mia_plugins.testing.tiny import WORDS


def make_mosi(folder):
    """A few clips in MMSA's format."""
    rng, table = np.random.default_rng(0), {}
    for name, count in (("train", 16), ("valid", 8), ("test", 8)):
        table[name] = {
            "id": [f"{name}$_${i}" for i in range(count)],
            "raw_text": [" ".join(rng.choice(WORDS, 3)) for _ in range(count)],
            "audio": rng.normal(size=(count, 5, 10)).astype(np.float32),
            "vision": rng.normal(size=(count, 4, 6)).astype(np.float32),
            "audio_lengths": [5] * count,
            "vision_lengths": [4] * count,
            "regression_labels": np.linspace(-3, 3, count),
        }
    path = folder / "MOSI" / "Processed" / "unaligned_50.pkl"
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(table))


def test_methods_are_compared_by_their_error(backbone, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MIA_PLUGINS_CACHE", str(tmp_path / "cache"))
    make_mosi(tmp_path)
    words = ["compare", "--methods", "text", "mag_bert", "--dataset", "MOSI", "--data_path", tmp_path, "--seeds", 0, 1]
    settings = [part for text in ("num_train_epochs=1", "lr=1e-3") for part in ("--set", text)]
    more = ["--text_backbone", backbone, "--no_modality_ablation", "--results", tmp_path / "results"]
    assert main([str(word) for word in (*words, *settings, *more)]) == 0
    shown = capsys.readouterr().out
    (table,) = json.loads((tmp_path / "results" / "compare.json").read_text())["tables"]
    assert list(table["metrics"])[:3] == ["MAE", "Corr", "Mult_acc_7"]
    assert all(0 < row["mean"]["MAE"] < 3 for row in table["rows"])
    assert "Acc-7 (%)" in shown
    assert "MAE (%)" not in shown
    notes = json.loads((tmp_path / "results" / "compare.json").read_text())["notes"]
    assert any("where no clip is out of scope" in note for note in notes)
