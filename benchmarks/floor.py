"""The floor under a training step: the matrix work on real tokens and frames, at the machine's own matrix rate.

Counted from the equations, not from the code: no padding, no kernel is assumed. A training step does three
times the forward work (once forward, twice backward).
"""

from __future__ import annotations

import time
from typing import NamedTuple

import torch

from .sessions import Session


class Size(NamedTuple):
    """One clip: tokens with the special ones, and frames."""

    tokens: int
    video: int
    audio: int


def clip_sizes(session: Session, split: str = "train") -> list[Size]:
    """The real lengths of a split's clips."""
    clips = session.data.splits[split]
    encoded = session.tokenizer(list(clips.texts), truncation=True, max_length=session.task.text_length)["input_ids"]
    return [Size(len(ids), len(video), len(audio)) for ids, video, audio in zip(encoded, clips.video, clips.audio)]


def step_work(session: Session, sizes: list[Size]) -> float:
    """Floating-point operations of training on some clips once: encoder and fusion."""
    config, task, anchors = session.model.encoder.config, session.task, session.method_settings.num_anchors
    width, inside, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    total = 0.0
    for size in sizes:
        total += encoder_work(size.tokens, width, inside, layers)
        for frames, dim in ((size.video, task.video_dim), (size.audio, task.audio_dim)):
            total += fusion_work(size.tokens, frames, dim, width, anchors)
    return 3 * total


def encoder_work(tokens: int, width: int, inside: int, layers: int) -> float:
    """Forward operations of the transformer layers: four square maps, a feed-forward, attention.

    >>> encoder_work(tokens=1, width=2, inside=3, layers=1)
    64.0
    """
    return 2.0 * layers * (tokens * (4 * width**2 + 2 * width * inside) + 2 * tokens**2 * width)


def fusion_work(tokens: int, frames: int, dim: int, width: int, anchors: int, hidden: int = 64) -> float:
    """Forward operations of one modality's part of A-ME (Eq. 4-12), with the alignment by salience: one position."""
    kept = min(anchors, tokens)
    align = frames * hidden * (dim + 1) + frames * dim
    cross = 2 * tokens * width**2 + 2 * dim * width + 2 * tokens * width
    select = tokens**2 * width
    enrich = kept * (3 * width**2 + 8 * width**2) + 2 * kept**2 * width
    temporal = 2 * tokens * width**2 + 2 * kept * width**2 + 2 * tokens * kept * width
    return 2.0 * (align + cross + select + enrich + temporal)


def matrix_rate(device: torch.device, precision: str) -> float:
    """Operations a second of the best square matrix product, in float32 or bfloat16."""
    best = 0.0
    for size in (2048, 4096, 8192) if device.type == "cuda" else (256, 512, 1024, 2048):
        if best and 2 * size**3 / best > 2.0:  # a CPU without bfloat16 would take minutes
            break
        best = max(best, product_rate(device, precision, size, size, size))
    return best


def product_rate(device: torch.device, precision: str, rows: int, inner: int, columns: int) -> float:
    """Operations a second of one product ``(rows, inner) @ (inner, columns)``, over a third of a second."""
    dtype = getattr(torch, precision)
    a = torch.randn(rows, inner, device=device).to(dtype)
    b = torch.randn(inner, columns, device=device).to(dtype)
    each = max(1, round(2e11 / (2 * rows * inner * columns))) if device.type == "cuda" else 1
    a @ b
    synchronize(device)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < 0.3:
        for _ in range(each):
            a @ b
        count += each
        synchronize(device)
    return 2 * rows * inner * columns * count / (time.perf_counter() - began)


def synchronize(device: torch.device) -> None:
    """Waits for a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
