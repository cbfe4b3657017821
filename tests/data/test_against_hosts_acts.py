"""MELD-DA and IEMOCAP-DA: the clips, ids and order of MMOIR's and MIntOOD's own loaders on the same real rows.

Needs MIA_HOSTS, a folder with the checkouts, and the real annotations.
"""

import csv
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mia_plugins.data.clips import Clips
from mia_plugins.data.dataset import DataRequest
from mia_plugins.data_adapters.dialogue_acts import IEMOCAP_DA, MELD_DA

HOSTS = os.environ.get("MIA_HOSTS")
pytestmark = pytest.mark.skipif(HOSTS is None, reason="set MIA_HOSTS to a folder with the benchmarks' checkouts")

HOST_SCRIPT = """
import json, pickle, sys
from types import SimpleNamespace
import numpy as np
from data.base import DataManager
common = dict(
    logger_name="x", clustering=False, dialogue_mode="single_turn", method="amess", aug=False, data_mode="multi-class",
    video_data_path="video_data", audio_data_path="audio_data", text_backbone="bert-base-uncased",
    video_feats_path="swin_feats.pkl", audio_feats_path="wavlm_feats.pkl")
results = []
for options in json.loads(sys.argv[1]):
    args = SimpleNamespace(**common, **options)
    results.append((args, {name: [{key: np.asarray(value) for key, value in split[i].items()} for i in range(len(split))]
                           for name, split in DataManager(args).data.items()}))
with open(sys.argv[2], "wb") as file:
    pickle.dump([(args.ood_label_id, splits) for args, splits in results], file)
"""
CASES = {
    "MMOIR": [("MELD-DA", "MELD-DA-OOD", True), ("IEMOCAP-DA", "IEMOCAP-DA-OOD", True)],
    "MIntOOD": [
        *[("MELD-DA", name, False) for name in ("MELD-DA-OOD", "MIntRec-OOD", "IEMOCAP-DA")],
        *[("IEMOCAP-DA", name, False) for name in ("IEMOCAP-DA-OOD", "TED-OOD", "MELD-DA-OOD")],
    ],
}
ADAPTERS = {"MELD-DA": (MELD_DA, lambda row: f"{row[0]}_{row[1]}"), "IEMOCAP-DA": (IEMOCAP_DA, lambda row: row[0])}


def real_rows(shared, name, split):
    with open(shared / "data" / name / f"{'train' if split == 'train' else 'dev'}.tsv", encoding="utf-8") as file:
        header, *rows = csv.reader(file, delimiter="\t")
    return header, rows[:300:2] if split == "test" else rows[1:300:2]


@pytest.fixture(scope="module")
def data_path(shared, tmp_path_factory):
    """Both sets with a few frames a clip, some longer than the cut, and other sets beside them."""
    root, rng = tmp_path_factory.mktemp("acts"), np.random.default_rng(0)

    def write(folder, tables, header, splits, key):
        tables.mkdir(parents=True, exist_ok=True)
        frames = {"video": {}, "audio": {}}
        for split, rows in splits.items():
            with open(tables / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter="\t", lineterminator="\n").writerows([header, *rows])
            for row in rows:
                for kind, most in (("video", 253), ("audio", 533)):
                    length = most if rng.random() < 0.05 else rng.integers(1, 5)
                    frames[kind][key(row)] = rng.normal(size=(length, 3)).astype(np.float32)
        for kind, name in (("video", "swin_feats.pkl"), ("audio", "wavlm_feats.pkl")):
            (folder / f"{kind}_data").mkdir(exist_ok=True)
            (folder / f"{kind}_data" / name).write_bytes(pickle.dumps(frames[kind]))

    for name, (adapter, key) in ADAPTERS.items():
        column = adapter.label_column
        header, splits = "", {}
        for split in ("train", "dev", "test"):
            header, splits[split] = real_rows(shared, name, split)
        inside = {split: [row for row in rows if row[column] != "oth"] for split, rows in splits.items()}
        outside = {
            split: [row[:column] + ["oth"] + row[column + 1 :] for row in rows[:9]] for split, rows in splits.items()
        }
        write(root / name, root / name / "non_OOD", header, inside, key)
        write(root / f"{name}-OOD", root / f"{name}-OOD", header, outside, key)
        (root / name / "test.tsv").write_bytes((root / name / "non_OOD" / "test.tsv").read_bytes())  # as an OOS set
    for name in ("MIntRec-OOD", "TED-OOD"):
        rows = [["S1", "E2", str(i), f"text {i} of {name}", "UNK"] for i in range(7)]
        header = ["season", "episode", "clip", "text", "label"]
        write(root / name, root / name, header, {"test": rows}, lambda row: "_".join(row[:3]))
    return root


@pytest.mark.parametrize("host", CASES)
def test_same_clips(data_path, calm_backbone, tmp_path, host):
    options = [
        {
            "dataset": name, "data_path": str(data_path), "ood_dataset": ood, "train_ood": train, "test_ood": True,
            "ood": True, "text_pretrained_model": str(calm_backbone),
        }
        for name, ood, train in CASES[host]
    ]  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", HOST_SCRIPT, json.dumps(options), str(tmp_path / "out.pkl")],
        env={**os.environ, "PYTHONPATH": str(Path(HOSTS, host)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        check=True,
    )
    for (name, ood, train), (ood_label_id, theirs) in zip(
        CASES[host], pickle.loads((tmp_path / "out.pkl").read_bytes())
    ):
        adapter, _ = ADAPTERS[name]
        data = adapter.read(DataRequest(str(data_path), train_ood=train, test_ood=True, ood_dataset=ood))
        assert data.ood_label_id == ood_label_id == 11
        splits = dict(data.splits)
        splits["test"] = Clips.concatenate([splits["test"], splits.pop("ood_test")])
        for split, clips in splits.items():
            wanted = theirs[split]
            assert len(clips) == len(wanted) > 0
            assert clips.label_ids.tolist() == [int(each["label_ids"]) for each in wanted]
            for i, each in enumerate(wanted):
                for kind, frames in (("video", clips.video[i]), ("audio", clips.audio[i])):
                    assert len(frames) == int(each[f"{kind}_lengths"])
                    np.testing.assert_array_equal(frames, each[f"{kind}_feats"][: len(frames)])
                    assert not each[f"{kind}_feats"][len(frames) :].any()


def test_turns_of_real_dialogues(shared, data_path):
    splits = MELD_DA.read(DataRequest(str(data_path), test_ood=True, ood_dataset="MIntRec-OOD")).splits
    header, rows = real_rows(shared, "MELD-DA", "dev")
    rows = [row for row in rows if row[3] != "oth"]
    assert splits["dev"].dialogues == [row[0] for row in rows]
    assert splits["dev"].turns == [int(row[1]) for row in rows]
    assert splits["dev"].speakers == [row[5] for row in rows]
    assert splits["ood_test"].dialogues is None
