"""A process that trains A-MESS for some epochs and prints what it took: ``python -m benchmarks.ours SETTINGS``."""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from typing import Any

import torch

from mia_plugins.data import batches

from .floor import clip_sizes, matrix_rate, product_rate, step_work, synchronize
from .sessions import load, open_session


def measure(
    data: str,
    warm: str,
    backbone: str,
    batch: int,
    device: str = "cpu",
    precision: str = "float32",
    epochs: int = 1,
    rate: bool = False,
    frame_step: int | None = None,
    **chosen: Any,
) -> dict[str, Any]:
    """Trains through :func:`mia_plugins.training.loop.train_epoch`, whole epochs: batches differ in length.

    Args:
        data: the data set.
        warm: a small one, for an epoch that is not measured.
        backbone: folder.
        batch: clips a batch.
        device: ``cpu`` or a GPU's number.
        precision: float32 or bfloat16.
        epochs: measured ones.
        rate: measure the machine's matrix rate too.
        frame_step: frames are padded to a multiple of this; None: as always.
        chosen: hyper-parameters.
    """
    batches.FRAME_STEP = frame_step or batches.FRAME_STEP
    session = open_session(data, backbone, device, train_batch_size=batch, precision=precision, **chosen)
    where = session.device
    session.train(load(warm)).epoch()
    gc.collect()  # the warm-up's optimizer, which would count as memory
    trainer = session.train(session.data)
    if where.type == "cuda":
        trainer.epoch()  # the allocator has seen every shape then
        torch.cuda.reset_peak_memory_stats(where)
    seconds = []
    for _ in range(epochs):
        synchronize(where)
        began = time.perf_counter()
        trainer.epoch()
        synchronize(where)
        seconds.append(time.perf_counter() - began)
    clips = len(session.data.splits["train"])
    found: dict[str, Any] = {"clips": clips, "seconds": seconds, "rate": clips * epochs / sum(seconds)}
    found["work"] = step_work(session, clip_sizes(session)) / clips
    found["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if where.type == "cuda":
        found["gpu_allocated"] = torch.cuda.max_memory_allocated(where)
        found["gpu_reserved"] = torch.cuda.max_memory_reserved(where)
    if rate:
        config = session.model.encoder.config
        tokens = batch * sum(size.tokens for size in clip_sizes(session)) // clips
        found["matrix_rate"] = matrix_rate(where, precision)
        found["own_rate"] = product_rate(where, precision, tokens, config.hidden_size, config.intermediate_size)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
