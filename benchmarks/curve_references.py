"""What can be found in planted data at most, and what can be found by a search alone: the lines beside the curves.

- The oracle is given the planted frames: a linear model on their mean.
- The bound has the text encoder's untrained mean vector beside them.
- The search is given all frames and no text: a pool of each modality by salience and a linear layer, trained on the same
  clips. A method that does not reach it with a text to help has not found what gradient descent can find there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mia_plugins.simulate.annotations import Annotations, read_annotations
from mia_plugins.simulate.layouts import DATA_SETS
from mia_plugins.simulate.planted import Planter, Signal

METRICS = ("acc", "f1")
REFERENCES = ("oracle", "bound", "search")
SEARCH_WIDTH, SEARCH_BATCH = 384, 16
SEARCHES = ((5e-4, 5), (2e-3, 5))  # learning rate and epochs; the better on dev is taken


def references(options: argparse.Namespace, strength: float, clips: int) -> dict[str, dict[str, Any]]:
    """Oracle and bound: linear models on the mean of the planted frames, without and with the text."""
    data_set = DATA_SETS[options.dataset]
    layout = data_set.layout(None)
    annotations = read_annotations(
        Path(options.annotations), data_set, columns=layout.columns, clips_per_label=clips or None
    )
    planted = planted_means(annotations, data_set.labels, layout.modalities, strength)
    # in every table the text stands before the label
    texts = text_means(annotations, data_set.label_column - 1, options.text_backbone)
    return {
        "oracle": score(annotations, planted),
        "bound": score(annotations, {split: np.hstack([planted[split], texts[split]]) for split in planted}),
        "search": search(annotations, planted_frames(annotations, data_set.labels, layout.modalities, strength)),
    }


def planted_frames(
    annotations: Annotations, labels: Any, modalities: Any, strength: float
) -> dict[str, list[list[np.ndarray]]]:
    """By split, for each modality the frames of every clip."""
    planter = Planter(labels, modalities, Signal(strength=strength))
    found: dict[str, list[list[np.ndarray]]] = {}
    for split, clips in annotations.splits.items():
        rows = [[planter.sequence(name, clip.label) for name in modalities] for clip in clips]
        found[split] = [list(column) for column in zip(*rows)]
    return found


def planted_means(annotations: Annotations, labels: Any, modalities: Any, strength: float) -> dict[str, np.ndarray]:
    """The mean of each clip's planted frames, both modalities side by side; zeros where none was planted."""
    with_signal = Planter(labels, modalities, Signal(strength=strength))
    without = Planter(labels, modalities, Signal(strength=strength, carriers=()))
    found: dict[str, list[np.ndarray]] = {}
    for split, clips in annotations.splits.items():
        for clip in clips:
            parts = []
            for name in modalities:
                frames, plain = (planter.sequence(name, clip.label) for planter in (with_signal, without))
                places = (frames != plain).any(axis=1)
                parts.append(frames[places].mean(axis=0) if places.any() else np.zeros(frames.shape[1], np.float32))
            found.setdefault(split, []).append(np.concatenate(parts))
    return {split: np.stack(rows) for split, rows in found.items()}


def text_means(annotations: Annotations, column: int, backbone: str) -> dict[str, np.ndarray]:
    """The mean of the text encoder's last layer over each utterance's tokens."""
    import torch

    from mia_plugins.nn.backbones import load_encoder, load_tokenizer
    from mia_plugins.nn.frames import masked_mean
    from mia_plugins.nn.lookup import resolve

    source = resolve(backbone)
    encoder, tokenizer, found = load_encoder(source).eval(), load_tokenizer(source), {}
    for split, clips in annotations.splits.items():
        rows = []
        for start in range(0, len(clips), 64):
            texts = [clip.cells[column] for clip in clips[start : start + 64]]
            given = tokenizer(texts, padding=True, truncation=True, max_length=50, return_tensors="pt")
            token_ids, mask = given["input_ids"], given["attention_mask"]
            with torch.inference_mode():
                states = encoder.encode(encoder.embed(token_ids, torch.zeros_like(token_ids)), mask.bool())
                rows.append(masked_mean(states, mask).numpy())
        found[split] = np.concatenate(rows)
    return found


def score(annotations: Annotations, features: dict[str, np.ndarray]) -> dict[str, Any]:
    """Test scores of a linear model, its regularization chosen on dev."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    labels = {split: np.array([clip.label for clip in clips]) for split, clips in annotations.splits.items()}
    fitted = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=500)).fit(features["train"], labels["train"])
        for c in (1e-4, 1e-3, 1e-2, 1e-1)
    ]
    best = max(fitted, key=lambda model: model.score(features["dev"], labels["dev"]))
    return scores(labels["test"], best.predict(features["test"]))


def scores(labels: np.ndarray, guess: np.ndarray) -> dict[str, list[float]]:
    """Accuracy and macro F1, in percent."""
    from sklearn.metrics import accuracy_score, f1_score

    return {
        "acc": [100 * accuracy_score(labels, guess)],
        "f1": [100 * f1_score(labels, guess, average="macro")],
    }


def search(annotations: Annotations, frames: dict[str, list[list[np.ndarray]]], seed: int = 0) -> dict[str, Any]:
    """Test scores of a pool by salience over each modality's frames and a linear layer.

    Args:
        annotations: the clips and their labels.
        frames: see :func:`planted_frames`.
        seed: of the weights and of the order of the clips.
    """
    import torch

    names = sorted({clip.label for clip in annotations.splits["train"]})
    labels = {split: np.array([names.index(c.label) for c in clips]) for split, clips in annotations.splits.items()}
    best, guess = -1.0, labels["test"]
    for rate, epochs in SEARCHES:
        torch.manual_seed(seed)
        pools = build_pools([columns[0].shape[1] for columns in frames["train"]], len(names))
        fit_pools(pools, frames["train"], labels["train"], rate=rate, epochs=epochs)
        dev = float((choose(pools, frames["dev"]) == labels["dev"]).mean())
        if dev > best:
            best, guess = dev, choose(pools, frames["test"])
    return scores(labels["test"], guess)


def build_pools(widths: Sequence[int], classes: int) -> Any:
    """A pool and a projection for each modality, LayerNorm, dropout and a linear layer over them side by side."""
    from torch import nn

    from mia_plugins.nn.alignment import SalienceAlignment

    width = SEARCH_WIDTH * len(widths)
    return nn.ModuleDict(
        {
            "pools": nn.ModuleList(SalienceAlignment(each) for each in widths),
            "projections": nn.ModuleList(
                nn.Sequential(nn.LayerNorm(each), nn.Linear(each, SEARCH_WIDTH)) for each in widths
            ),
            "head": nn.Sequential(nn.LayerNorm(width), nn.Dropout(0.1), nn.Linear(width, classes)),
        }
    )


def pooled_logits(pools: Any, columns: Sequence[Sequence[np.ndarray]]) -> Any:
    """``(clips, classes)`` for each modality's frames of some clips."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    read = []
    for pool, project, clips in zip(pools["pools"], pools["projections"], columns):
        frames = pad_sequence([torch.from_numpy(clip) for clip in clips], batch_first=True)
        lengths = torch.tensor([len(clip) for clip in clips])
        read.append(project(pool(frames, torch.arange(frames.shape[1]) < lengths[:, None])[0][:, 0]))
    return pools["head"](torch.cat(read, dim=-1))


def fit_pools(
    pools: Any, columns: Sequence[Sequence[np.ndarray]], labels: np.ndarray, *, rate: float, epochs: int
) -> None:
    """AdamW with linear warm-up and decay, as the methods are trained."""
    import torch
    from torch.nn import functional as F

    optimizer = torch.optim.AdamW(pools.parameters(), lr=rate)
    steps = epochs * -(-len(labels) // SEARCH_BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rate, total_steps=steps + 1, pct_start=0.1, anneal_strategy="linear"
    )
    pools.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(labels)).split(SEARCH_BATCH):
            logits = pooled_logits(pools, [[clips[i] for i in chosen] for clips in columns])
            optimizer.zero_grad()
            F.cross_entropy(logits, torch.from_numpy(labels[chosen.numpy()])).backward()
            optimizer.step()
            schedule.step()


def choose(pools: Any, columns: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """The label that each clip gets, ``(clips,)``."""
    import torch

    pools.eval()
    with torch.inference_mode():
        parts = [
            pooled_logits(pools, [clips[start : start + 64] for clips in columns])
            for start in range(0, len(columns[0]), 64)
        ]
    return torch.cat(parts).argmax(dim=1).numpy()
