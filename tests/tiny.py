"""A text backbone of a few kilobytes and data sets of a few clips, on disk in the benchmark's formats."""

import csv
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import warm

from mia_plugins.testing.tiny import WORDS, make_backbone  # noqa: F401

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ["num_train_epochs=2", "train_batch_size=16", "lr=1e-3", "num_anchors=3"]


def write_scope(folder, header, rows, key, video, audio, rng):
    """One scope: ``rows`` by split, features of width 6 and 10 under the given file names."""
    features = {"video": {}, "audio": {}}
    for split, split_rows in rows.items():
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows([header, *split_rows])
        for row in split_rows:
            features["video"][key(row)] = rng.normal(size=(rng.integers(1, 9), 6)).astype(np.float32)
            features["audio"][key(row)] = rng.normal(size=(rng.integers(1, 12), 10)).astype(np.float32)
    for kind, name in (("video", video), ("audio", audio)):
        path = folder / f"{kind}_data" / name
        path.parent.mkdir(exist_ok=True)
        with open(path, "wb") as file:
            pickle.dump(features[kind], file, protocol=4)


def make_mintrec2(folder, clips=2):
    """MIntRec2.0 in MMOIR's layout: ``clips`` a label and split, a few out of scope; the label shows in the text."""
    from mia_plugins.data_adapters.mintrec2 import ADAPTER

    rng = np.random.default_rng(0)
    scopes = {"in-scope": ADAPTER.labels, f"out-of-scope/{ADAPTER.ood_dataset}": ("UNK",) * 4}
    for start, (scope, labels) in enumerate(scopes.items()):
        rows, number = {}, 10_000 * start
        for split in ("train", "dev", "test"):
            rows[split] = []
            for _ in range(clips):
                for i, label in enumerate(labels):
                    text = f"{WORDS[i % len(WORDS)]} {WORDS[(i * 7) % len(WORDS)]} {rng.choice(WORDS)}"
                    rows[split].append([number // 10, number % 10, text, label, "S01", "E01", number, "Amy"])
                    number += 1
        header = ["Dialogue_id", "Utterance_id", "Text", "Label", "Season", "Episode", "Clip", "Speaker"]
        target = folder / "MIntRec2.0" / scope
        write_scope(target, header, rows, lambda r: f"dia{r[0]}_utt{r[1]}", "swin_roi.pkl", "wavlm_feats.pkl", rng)
    return folder


def command(*arguments, cwd, cold=False, **options):
    """Runs ``run.py`` as a user would, in a folder of its own; returns the finished process.

    Args:
        arguments: of the command.
        cwd: the folder.
        cold: start a new interpreter, which takes some seconds; otherwise see :mod:`warm`.
        options: of ``subprocess.run``.
    """
    words = [sys.executable, str(ROOT / "run.py"), *map(str, arguments)]
    return (subprocess if cold else warm).run(words, cwd=cwd, capture_output=True, text=True, **options)


def run_arguments(data, backbone, *more, settings=SETTINGS):
    """A whole command line for the small data set."""
    chosen = [part for text in [*settings, f"sentence_encoder={backbone}"] for part in ("--set", text)]
    common = ["--method", "amess", "--dataset", "MIntRec2.0", "--data_path", data, "--text_backbone", backbone]
    return [*common, *chosen, *more]
