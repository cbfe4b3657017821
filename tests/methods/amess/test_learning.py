"""A-MESS learns: made data whose answer lies in one modality, the whole way through a run."""

import json

import pytest
from one_modality import adapter, make_data

import mia_plugins

SETTINGS = {
    "num_train_epochs": 14,
    "train_batch_size": 8,
    "lr": 3e-3,
    "dropout_prob": 0.0,
    "num_anchors": 2,
    "fusion_start": "paper",
}


@pytest.fixture
def accuracies(calm_backbone, tmp_path, monkeypatch):
    """Trains on made data; returns the test accuracy, intact and with each modality shuffled between clips."""
    monkeypatch.chdir(tmp_path)

    def run(answer, **settings):
        make_data(tmp_path, answer)
        results = mia_plugins.run(
            method="amess",
            dataset=adapter(f"made-{answer}"),
            data_path=str(tmp_path),
            text_backbone=str(calm_backbone),
            train=True,
            save_results=True,
            modality_ablation=True,
            set={
                **SETTINGS,
                "sentence_encoder": str(calm_backbone),
                "descriptions_path": str(tmp_path / "descriptions.json"),
                **settings,
            },
        )
        record = json.loads((results.runs[0].folder / "run.json").read_text())
        rows = {(row["modality"], row["way"]): row["acc"] for row in record["modality_ablation"]}
        return {"intact": rows["none", "intact"], **{m: rows[m, "shuffled"] for m in ("text", "video", "audio")}}

    return run


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        ("text", {}),
        ("video", {}),
        ("audio", {}),
        # only the encoder's attention brings a word to the first token
        ("text", {"anchor_embedding": False, "semantic_sync": False}),
        # only the anchors bring video and audio to the text
        ("video", {"residual": False}),
        ("audio", {"residual": False}),
    ],
)
def test_the_answer_is_found_where_it_lies(accuracies, answer, settings):
    found = accuracies(answer, **settings)
    assert found.pop("intact") >= 90
    assert found.pop(answer) <= 40
    assert all(value >= 85 for value in found.values())


def test_where_there_is_no_answer_none_is_found(accuracies):
    assert accuracies("nothing")["intact"] <= 45
