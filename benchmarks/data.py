"""A made data set of MIntRec2.0's shape in MMOIR's layout: real-like lengths, features without meaning."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mia_plugins.data_adapters.mintrec2 import ADAPTER

WIDTHS = {"video": 256, "audio": 768}
FILES = {"video": "video_data/swin_roi.pkl", "audio": "audio_data/wavlm_feats.pkl"}
SPLITS = ("train", "dev", "test")
HEADER = ("Dialogue_id", "Utterance_id", "Text", "Label", "Season", "Episode", "Clip", "Speaker")
WORDS = (
    *("the", "a", "you", "i", "we", "he", "she", "it", "they", "is", "are", "was", "do", "did", "have", "had", "can"),
    *("will", "would", "should", "not", "no", "yes", "oh", "well", "so", "and", "but", "or", "if", "that", "this"),
    *("what", "who", "how", "why", "when", "here", "there", "now", "just", "really", "very", "too", "all", "some"),
    *("know", "think", "want", "need", "like", "love", "see", "look", "go", "come", "get", "make", "take", "give"),
    *("tell", "say", "said", "talk", "work", "help", "please", "thanks", "sorry", "good", "great", "bad", "right"),
    *("wrong", "time", "day", "night", "man", "woman", "friend", "people", "thing", "store", "house", "car", "food"),
)
CENTRE = {"words": 7.0, "video": 70.0, "audio": 150.0}  # means; each varies with the clip's duration, and by itself
SHARED, OWN = 0.5, 0.3  # standard deviations of the logarithms of duration and of the rest
MANIFEST = "made.json"


def make_data(folder: Path, train: int, held_out: int = 32, *, frames: float = 1.0, seed: int = 0) -> Path:
    """Makes the data set, or finds it made.

    Args:
        folder: becomes what ``--data_path`` takes.
        train: training clips.
        held_out: clips of dev, and of test.
        frames: lengthens or shortens all clips, in words too.
        seed: the same seed makes the same files.

    Returns:
        ``folder``.
    """
    wanted = {"train": train, "held_out": held_out, "frames": frames, "seed": seed}
    manifest = folder / MANIFEST
    if manifest.is_file() and json.loads(manifest.read_text())["wanted"] == wanted:
        return folder
    draws = np.random.default_rng(seed)
    scope = folder / "MIntRec2.0" / "in-scope"
    for path in FILES.values():
        (scope / path).parent.mkdir(parents=True, exist_ok=True)
    lengths = {}
    number = 0
    for split, count in zip(SPLITS, (train, held_out, held_out)):
        rows = []
        for i in range(count):
            row, lengths[f"dia{number // 10}_utt{number % 10}"] = draw_clip(draws, number, i, frames)
            rows.append(row)
            number += 1
        with open(scope / f"{split}.tsv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows([HEADER, *rows])
    for kind, path in FILES.items():
        # windows on one block of noise: what the frames hold changes no cost, and a million draws a clip would
        block = draws.standard_normal((4096, WIDTHS[kind]), dtype=np.float32)
        starts = draws.integers(0, 2048, len(lengths))
        table = {key: block[at : at + count[kind]] for (key, count), at in zip(lengths.items(), starts.tolist())}
        with open(scope / path, "wb") as file:
            pickle.dump(table, file, protocol=4)
    made = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    manifest.write_text(json.dumps({"wanted": wanted, "files": [*made, MANIFEST]}), encoding="utf-8")
    return folder


def draw_clip(draws: np.random.Generator, number: int, place: int, frames: float) -> tuple[list, dict[str, int]]:
    """One row of the annotation table, and the clip's frames; long clips are long in every modality."""
    duration = frames * np.exp(draws.normal(-(SHARED**2) / 2, SHARED))
    count = {
        kind: max(1, round(centre * duration * np.exp(draws.normal(-(OWN**2) / 2, OWN))))
        for kind, centre in CENTRE.items()
    }
    text = " ".join(draws.choice(WORDS, min(count.pop("words"), 60)))
    label = ADAPTER.labels[place % len(ADAPTER.labels)]
    count = {kind: min(most, 2048) for kind, most in count.items()}
    return [number // 10, number % 10, text, label, "S01", "E01", number, "Amy"], count


def pristine(folder: Path) -> None:
    """Removes what others left among the files, such as a store made at a first start."""
    kept = set(json.loads((folder / MANIFEST).read_text())["files"])
    for path in strangers(folder, kept):
        path.unlink()


def strangers(folder: Path, kept: set[str]) -> Iterator[Path]:
    """Files below the folder that :func:`make_data` did not make."""
    for path in sorted(folder.rglob("*")):
        if (path.is_file() or path.is_symlink()) and str(path.relative_to(folder)) not in kept:
            yield path
