"""Every built-in method goes the whole way: trained with out-of-scope clips, tested, restored, ablated, asked."""

import json
from pathlib import Path

import numpy as np
import pytest

import mia_plugins
from mia_plugins.plugin.builtin import BUILTIN

ELSEWHERE = ("amess", "text")  # the tests of training and runs use these


@pytest.mark.parametrize("name", [name for name in BUILTIN["mia_plugins.methods"] if name not in ELSEWHERE])
@pytest.mark.parametrize("ood_training", ["k_plus_1", "outlier_exposure"])
def test_trains_restores_and_predicts(name, ood_training, data, backbone, tmp_path):
    where = {option: str(tmp_path / option) for option in ("output_path", "log_path", "results_path")}
    shared = {**where, "data_path": data, "test_ood": True}
    settings = {"num_train_epochs": 1, "train_batch_size": 16, "ood_training": ood_training}
    options = {"method": name, "text_backbone": backbone, "train": True, "train_ood": True, "set": settings}
    run = mia_plugins.run(**shared, **options, modality_ablation=True).runs[0]
    assert {"acc", "oid_f1"} <= set(run.metrics)
    assert run.arrays["logits"].shape[1] == 30 + (ood_training == "k_plus_1")
    rows = json.loads((Path(run.folder) / "run.json").read_text(encoding="utf-8"))["modality_ablation"]
    assert len(rows) == 10  # intact, and three ways for each modality

    restored = mia_plugins.run(**shared, restore=str(run.folder), again=True).runs[0]
    np.testing.assert_allclose(restored.arrays["logits"], run.arrays["logits"], atol=1e-5)

    model = mia_plugins.load(run.folder)
    frames = [np.ones((length, 6), np.float32) for length in (3, 7)]
    alone = model.predict("thanks a lot", video=frames[0])
    together = model.predict(["thanks a lot", "no"], video=frames)
    assert alone.probabilities == pytest.approx(together[0].probabilities, abs=1e-5)
