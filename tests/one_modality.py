"""Made data whose answer lies in one modality."""

import csv
import json
import pickle

import numpy as np
from tiny import WORDS

from mia_plugins.data.adapter import Adapter

LABELS = ("north", "east", "south", "west")
CLIPS = {"train": 96, "dev": 32, "test": 64}
WIDTHS = {"video": 6, "audio": 10}


def adapter(name):
    return Adapter(
        name=name,
        labels=LABELS,
        columns=3,
        text_column=1,
        label_column=2,
        key=lambda cells: cells[0],
        max_lengths={"text": 12, "video": 10, "audio": 12},
        in_scope=(".",),
        out_of_scope=(),
        ood_dataset="none",
        video_files={"made": ("frames.pkl",)},
        audio_files={"made": ("frames.pkl",)},
    )


def make_data(folder, answer):
    """Three splits of clips of random words and frames; only ``answer`` says the label.

    In the text it is one word somewhere, in video and audio a pattern added to more than half of the frames.
    """
    rng = np.random.default_rng(0)
    patterns = {name: 5 * np.linalg.qr(rng.normal(size=(width, 4)))[0].T for name, width in WIDTHS.items()}
    frames = {name: {} for name in WIDTHS}
    for split, count in CLIPS.items():
        rows = []
        for i in range(count):
            label, key = i % len(LABELS), f"{split}{i}"
            words = list(rng.choice(WORDS[4:], size=rng.integers(2, 8)))
            if answer == "text":
                words[rng.integers(len(words))] = WORDS[label]
            for name, width in WIDTHS.items():
                values = rng.normal(size=(rng.integers(3, 9), width))
                if answer == name:
                    values[rng.permutation(len(values))[: 1 + len(values) // 2]] += patterns[name][label]
                frames[name][key] = values.astype(np.float32)
            rows.append([key, " ".join(words), LABELS[label]])
        with open(folder / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows([["key", "text", "label"], *rows])
    for name in WIDTHS:
        (folder / f"{name}_data").mkdir()
        (folder / f"{name}_data" / "frames.pkl").write_bytes(pickle.dumps(frames[name], protocol=4))
    texts = {label: [f"{WORDS[i]} {word}" for word in WORDS[10:13]] for i, label in enumerate(LABELS)}
    (folder / "descriptions.json").write_text(json.dumps(texts))
