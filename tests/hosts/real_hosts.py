"""Copies of the real hosts, where ``MIA_HOSTS`` names a folder of checkouts, and made data in their formats."""

import csv
import os
import pickle
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tiny import WORDS

HOSTS = os.environ.get("MIA_HOSTS")
needs_hosts = pytest.mark.skipif(not HOSTS, reason="MIA_HOSTS names no folder with host checkouts")
WIDTHS = {"video": 256, "audio": 768}
COMMON = ["--text_backbone", "bert-base-uncased", "--num_workers", "0"]


def copy_host(name, folder):
    """A clean clone of a host."""
    subprocess.run(["git", "clone", "--quiet", str(Path(HOSTS) / name), str(folder)], check=True)
    return folder


def make_runnable(folder, bert):
    """What a user edits in a host before the first run: the encoder's folder; and for the tests one seed."""
    for path in folder.glob("configs/**/__init__.py"):
        path.write_text(re.sub(r"('bert-base-uncased': ?)'[^']*'", rf"\1{str(bert)!r}", path.read_text()))
    for path in folder.glob("run*.py"):
        path.write_text(re.sub(r"\[[04], ?1, ?[23], ?[23], ?[04]\]", "[0]", path.read_text()))
    if not (folder / "configs/single_turn").exists():  # MIntRec loads the tokenizer by this name
        (folder / "bert-base-uncased").symlink_to(bert)


def make_data(folder, kind):
    """Two clips a label and split in a host's format, and out-of-scope ones where it has any."""
    from mia_plugins.data_adapters.mintrec import ADAPTER as MINTREC
    from mia_plugins.data_adapters.mintrec2 import ADAPTER as MINTREC2

    draws = np.random.default_rng(0)
    if kind in ("mmoir", "mintrec2"):
        scopes = {"MIntRec2.0/in-scope": MINTREC2.labels, "MIntRec2.0/out-of-scope/MIntRec2.0-OOD": ["UNK"] * 6}
    else:
        scopes = {"MIntRec": MINTREC.labels, "MIntRec-OOD": ["UNK"] * 6}
    video, audio = {"mmoir": ("swin_roi", "wavlm_feats"), "mintrec2": ("swin_roi_binary", "wavlm_feats_binary")}.get(
        kind, ("video_feats", "audio_feats")
    )
    for start, (scope, labels) in enumerate(scopes.items()):
        features = {"video": {}, "audio": {}}
        number = 1000 * start
        for split in ("train", "dev", "test"):
            rows = []
            for label in [*labels, *labels]:
                text = " ".join(draws.choice(WORDS, draws.integers(2, 8)))
                if "MIntRec2" in scope:
                    row = [number // 10, number % 10, text, label, "S01", "E01", number, "Amy"]
                    key = f"dia{row[0]}_utt{row[1]}"
                else:
                    row = ["S01", "E01", number, text, label]
                    key = f"S01_E01_{number}"
                rows.append(row)
                number += 1
                for found, width in zip(features.values(), WIDTHS.values()):
                    found[key] = draws.normal(size=(draws.integers(1, 20), width)).astype(np.float32)
                if "MIntRec2" not in scope:
                    features["video"][key] = list(features["video"][key][:, None])  # as published
            write_table(folder / scope / f"{split}.tsv", rows)
        for name, found in (("video", video), ("audio", audio)):
            path = folder / scope / f"{name}_data" / f"{found}.pkl"
            path.parent.mkdir()
            path.write_bytes(pickle.dumps(features[name], protocol=4))
    return folder


def write_table(path, rows):
    """An annotation table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow([f"column {i}" for i in range(len(rows[0]))])
        writer.writerows(rows)


def options(kind, data):
    """What every run of a host's script is given."""
    chosen = {
        "mmoir": f"--data_path {data} --dataset MIntRec2.0 --ood_dataset MIntRec2.0-OOD --dialogue_mode single_turn "
        "--video_feats swin-roi --audio_feats wavlm --test_ood --config_file_name amess_MIntRec2",
        "mintrec2": f"--data_path {data}/MIntRec2.0 --dataset MIntRec2.0 --ood_dataset MIntRec2.0-OOD --ood "
        "--video_feats swin-roi --audio_feats wavlm --output_path outputs",
        "mintrec": f"--data_path {data} --dataset MIntRec --config_file_name amess",
        "mintood": f"--data_path {data} --dataset MIntRec --ood_dataset MIntRec-OOD --ood --config_file_name "
        "amess_MIntRec --output_path outputs",
    }
    return [*COMMON, *chosen[kind].split()]


def results(path):
    """The rows of a host's table of results."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
