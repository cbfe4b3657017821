"""Builds the demo: a made-up data set in the on-disk format of MIntRec2.0, the same on every machine."""

from __future__ import annotations

import csv
import hashlib
import os
import pickle
import shutil
import tempfile
from pathlib import Path

import numpy as np

from mia_plugins.errors import UserError
from mia_plugins.system.locks import locked

from .chance import Chance
from .frames import AUDIO, VIDEO, Camera
from .sentences import INTENTS, Writer

VERSION = "mia-plugins demo 2"  # raise it with every change of what is built
MARKER = "demo-version.txt"
DATASET = "MIntRec2.0"
SPLITS = {"train": (24, 150), "dev": (5, 50), "test": (10, 120)}  # clips of each intent, and out of scope
IN_SCOPE, OUT_OF_SCOPE, TOTAL = "in-scope", "out-of-scope/MIntRec2.0-OOD", "total"
FEATURES = {"video": "video_data/swin_roi.pkl", "audio": "audio_data/wavlm_feats.pkl"}
HEADER = ["Dialogue_id", "Utterance_id", "Text", "Label", "Season", "Episode", "Clip", "Speaker"]
SPEAKERS = ["Amy", "Jonah", "Dina", "Glenn", "Garrett", "Cheyenne"]  # names that the benchmark's own loader knows
UTTERANCES = 12  # in a dialogue

Rows = dict[str, list[list]]  # the lines of each split's table
Features = dict[str, dict[str, np.ndarray]]  # sequences by modality and key


def build_demo(folder: str | Path) -> Path:
    """Builds the demo data set (1,490 clips, about 260 MB, some seconds) unless it is there already.

    Args:
        folder: where to put it; the data set becomes ``folder/MIntRec2.0``. Several processes may ask at once.

    Returns:
        ``folder`` as a Path: the data path to give to the benchmark or to the command line.

    Raises:
        UserError: if the folder cannot be written to, or holds a MIntRec2.0 that is not a demo.
    """
    folder = Path(folder)
    target = folder / DATASET
    if _version(target) == VERSION:
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / f".{DATASET}.lock", "waiting for another process that builds the demo") as alone:
            for half in folder.glob(f".{DATASET}-????????") if alone else ():  # of a process that was killed
                shutil.rmtree(half, ignore_errors=True)
            if _version(target) != VERSION:
                _replace(target)
    except OSError as error:
        raise UserError(
            f"{folder}: the demo cannot be built here ({error.strerror or error}); choose a folder that can be "
            "written to and has 500 MB free"
        ) from error
    return folder


def demo_digest(folder: str | Path) -> str:
    """Returns the sha256 over the demo's tables, and over its arrays in the order of their keys, in hexadecimal."""
    digest = hashlib.sha256()
    for scope in (IN_SCOPE, OUT_OF_SCOPE, TOTAL):
        root = Path(folder, DATASET, scope)
        for split in SPLITS:
            digest.update((root / f"{split}.tsv").read_bytes())
        for name in FEATURES.values():
            with open(root / name, "rb") as file:
                features = pickle.load(file)
            for key in sorted(features):
                array = features[key]
                digest.update(f"{key} {array.shape}\n".encode())
                digest.update(array.astype("<f4").tobytes())
    return digest.hexdigest()


def _version(target: Path) -> str | None:
    """Returns what the marker of a finished demo says, or None where no demo is."""
    try:
        return (target / MARKER).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _replace(target: Path) -> None:
    """Puts a complete new build in place of nothing or of an older demo; a reader never sees half of it."""
    if target.exists() and _version(target) is None:
        raise UserError(f"{target}: is there already and is not the demo; choose another folder")
    made = Path(tempfile.mkdtemp(prefix=f".{DATASET}-", dir=target.parent))
    try:
        _write(made / "new", *_draw())
        if target.exists():
            os.rename(target, made / "old")
        os.rename(made / "new", target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _draw() -> tuple[Rows, Features]:
    """Draws every clip: the rows of each split, and the sequences by modality and key."""
    writer, chance = Writer(Chance(2024)), Chance(2025)
    cameras = {
        "video": Camera(Chance(2026), list(INTENTS), VIDEO),
        "audio": Camera(Chance(2027), list(INTENTS), AUDIO),
    }
    splits: Rows = {}
    features: Features = {kind: {} for kind in cameras}
    dialogue = 0
    for split, (of_each, unknown) in SPLITS.items():
        labels = [label for label in INTENTS for _ in range(of_each)] + [None] * unknown
        clips = [(writer.utterance(label), label) for label in labels]
        rows = splits[split] = []
        for i, spot in enumerate(chance.order(len(clips))):
            text, label = clips[spot]
            d, u = dialogue + i // UTTERANCES, i % UTTERANCES
            origin = [f"S{1 + d // 60:02d}", f"E{1 + d // 6 % 10:02d}", 1 + d % 6 * UTTERANCES + u]
            rows.append([d, u, text, label or "UNK", *origin, chance.pick(SPEAKERS)])
            for kind, camera in cameras.items():
                features[kind][f"dia{d}_utt{u}"] = camera.sequence(label)
        dialogue = rows[-1][0] + 1
    return splits, features


def _write(root: Path, splits: Rows, features: Features) -> None:
    scopes = {IN_SCOPE: lambda row: row[3] != "UNK", OUT_OF_SCOPE: lambda row: row[3] == "UNK", TOTAL: lambda row: True}
    for scope, belongs in scopes.items():
        keys = []
        for split, rows in splits.items():
            path = root / scope / f"{split}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [row for row in rows if belongs(row)]
            keys += [f"dia{row[0]}_utt{row[1]}" for row in rows]
            with open(path, "w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter="\t", lineterminator="\n").writerows([HEADER, *rows])
        for kind, name in FEATURES.items():
            path = root / scope / name
            path.parent.mkdir()
            with open(path, "wb") as file:
                pickle.dump({key: features[kind][key] for key in keys}, file, protocol=4)
    (root / MARKER).write_text(VERSION + "\n", encoding="utf-8")
