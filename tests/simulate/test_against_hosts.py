"""Every layout through the real host's own data manager, where ``MIA_HOSTS`` names a folder with their checkouts."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from simulate.tables import features, read
from tiny import WORDS

from mia_plugins.simulate.layouts import DATA_SETS

HOSTS = os.environ.get("MIA_HOSTS")
pytestmark = pytest.mark.skipif(not HOSTS, reason="MIA_HOSTS names no folder with host checkouts")

# layout -> checkout, module of its data manager, its data sets with the splits that hold out-of-scope clips there
RUNS = {
    "mintrec": ("MIntRec", "data.base", {"MIntRec": ()}),
    "mmoir": (
        "MMOIR",
        "data.base",
        {
            "MIntRec": ("test",),
            "MIntRec2.0": ("train", "dev", "test"),
            "MELD-DA": ("train", "dev", "test"),
            "IEMOCAP-DA": ("train", "dev", "test"),
        },
    ),
    "mintrec2": ("MIntRec2.0", "data.single_turn.base", {"MIntRec2.0": ("train", "dev", "test")}),
    "mintood": ("MIntOOD", "data.base", {"MIntRec": ("test",), "MELD-DA": ("test",), "IEMOCAP-DA": ("test",)}),
}
FILES = {
    ("MIntRec", "mintood"): ("swin_feats.pkl", "wavlm_feats.pkl"),
    ("MIntRec", ""): ("video_feats.pkl", "audio_feats.pkl"),
    ("MIntRec2.0", "mintrec2"): ("swin_roi_binary.pkl", "wavlm_feats_binary.pkl"),
    ("MIntRec2.0", ""): ("swin_roi.pkl", "wavlm_feats.pkl"),
    ("MELD-DA", ""): ("swin_feats.pkl", "wavlm_feats.pkl"),
    ("IEMOCAP-DA", ""): ("swin_feats.pkl", "wavlm_feats.pkl"),
}


def places(out, dataset):
    """Folders of tables and of features, in scope and out of scope."""
    if dataset == "MIntRec2.0":
        folders = [out / dataset / "in-scope", out / dataset / "out-of-scope/MIntRec2.0-OOD"]
        return folders, folders
    inside = out / dataset / "non_OOD" if "DA" in dataset else out / dataset
    return [inside, out / f"{dataset}-OOD"], [out / dataset, out / f"{dataset}-OOD"]


@pytest.mark.parametrize("layout", RUNS)
def test_loaded_by_the_host(annotate, simulate, tmp_path, layout):
    host, module, datasets = RUNS[layout]
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]) + "\n")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "bert-base-uncased").symlink_to(tmp_path)  # MIntRec loads the tokenizer by this name
    outs, options = {}, []
    for dataset, unknown in datasets.items():
        outs[dataset] = simulate("planted", annotate(dataset, ood=2), dataset, "--layout", layout, name=dataset)
        video, audio = FILES.get((dataset, layout)) or FILES[dataset, ""]
        options.append(
            {
                "dataset": dataset,
                "data_path": str(outs[dataset] / dataset if layout == "mintrec2" else outs[dataset]),
                "ood_dataset": f"{dataset}-OOD",
                "train_ood": "train" in unknown,
                "test_ood": "test" in unknown,
                "ood": bool(unknown),
                "text_pretrained_model": str(tmp_path),
                "video_feats_path": video,
                "audio_feats_path": audio,
                "video_feats": "swin-roi",
                "audio_feats": "wavlm",
            }
        )
    result = tmp_path / "result.pkl"
    probe = Path(__file__).with_name("host_probe.py")
    environment = {**os.environ, "PYTHONPATH": str(Path(HOSTS, host)), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(probe), module, str(result), *map(json.dumps, options)]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True)
    for (dataset, unknown), option, loaded in zip(datasets.items(), options, pickle.loads(result.read_bytes())):
        assert loaded == expected(outs[dataset], dataset, unknown, option), dataset


def expected(out, dataset, unknown, option):
    """The clips as they are on disk, in the form of ``host_probe``."""
    data_set = DATA_SETS[dataset]
    tables, kept = places(out, dataset)

    def clips(place, split):
        video, audio = (
            features(kept[place] / f"{name}_data" / option[f"{name}_feats_path"]) for name in ("video", "audio")
        )
        found = []
        for row in read(tables[place] / f"{split}.tsv"):
            label = len(data_set.labels) if place else data_set.labels.index(row[data_set.label_column])
            sums = [np.stack(values[data_set.key(row)]).reshape(-1, width) for values, width in
                    ((video, 1024 if "swin_feats" in option["video_feats_path"] else 256), (audio, 768))]  # fmt: skip
            found.append([label, *(values.astype(np.float64).sum(axis=1).tolist() for values in sums)])
        return found

    splits = {split: clips(0, split) for split in ("train", "dev", "test")}
    for split in unknown:
        if split == "test":
            splits["test"] = splits["test"] + clips(1, "test")
        else:
            splits[f"ood_{split}"] = clips(1, split)
    return splits
