"""Folders of finished runs made by hand, as ``--save_results`` leaves them."""

import json

import numpy as np

LABELS = ["Thank", "Warn", "Agree"]


def write_run(folder, *, arrays=True, inspection=True, clips=12, **changed):
    """A run of A-MESS on ``clips`` test clips, a quarter of them out of scope; returns its record."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    label_ids = np.arange(clips) % (len(LABELS) + 1)
    record = {
        "method": "amess",
        "dataset": "MIntRec2.0",
        "text_backbone": "tiny",
        "data_mode": "multi-class",
        "train_ood": False,
        "test_ood": True,
        "test_mode": "ood_cls",
        "seed": 0,
        "settings": {"num_anchors": 2, "anchor_embedding": True, "lr": 1e-3, "eval_monitor": "acc"},
        "labels": LABELS,
        "metrics": {"acc": 75.0, "f1": 70.5, "oid_acc": 60.0, "f1-known": 55.0, "f1-open": 50.0, "oid_f1": 52.0},
        "history": [{"number": 1, "loss": 1.5, "score": 0.5}, {"number": 2, "loss": 1.0, "score": 0.6}],
        "modality_ablation": None,
        **changed,
    }
    if arrays:
        logits = rng.normal(size=(clips, len(LABELS))).astype(np.float32)
        logits[np.arange(clips), np.minimum(label_ids, len(LABELS) - 1)] += 1
        values = {"y_true": label_ids, "y_pred": logits.argmax(axis=1), "logits": logits, "scores": logits.max(axis=1)}
        values["y_open"] = np.where(values["scores"] > 0.5, values["y_pred"], len(LABELS))
        for name, array in values.items():
            np.save(folder / f"{name}.npy", array)
        tokens = [["[CLS]", "a", "word", "[SEP]"]] * clips
        keys = [f"dia{i}_utt0" for i in range(clips)]
        (folder / "clips.json").write_text(
            json.dumps({"keys": keys, "label_ids": label_ids.tolist(), "tokens": tokens}), encoding="utf-8"
        )
    if arrays and inspection:
        shown = {"sentence": rng.normal(size=(clips, 5)), "sentence_before": rng.normal(size=(clips, 6))}
        shown["semantics"] = rng.normal(size=(len(LABELS), 3, 5))
        for modality in ("video", "audio"):
            shown[f"{modality}_anchors"] = np.tile(np.array([2, 1]), (clips, 1))
            shown[f"{modality}_frames"] = np.tile(np.array([0, 3]), (clips, 1))
            shown[f"{modality}_reading"] = np.full((clips, 2, 4), 0.25)
            shown[f"{modality}_length"] = np.full(clips, 4)
        np.savez_compressed(folder / "inspection.npz", **shown)
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return record
