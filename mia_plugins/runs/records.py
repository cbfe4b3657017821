"""What ``--save_results`` leaves in a run's folder beside its arrays, for reports to read.

``run.json``: settings, labels, metrics in percent, training history. ``clips.json``: the test clips' keys, label ids
and tokens. ``inspection.npz``: what the method shows of its inside (``Method.inspect``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..system.files import whole_file

RECORD, CLIPS, INSPECTION = "run.json", "clips.json", "inspection.npz"


def write_json(path: Path, value: Any) -> None:
    """A JSON file, written whole."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")


def keep(
    folder: Path, record: Mapping[str, Any], test: Any, tokenizer: Any, inspection: Mapping[str, np.ndarray] | None
) -> None:
    """Writes the three files.

    Args:
        folder: the run's own.
        record: what goes into ``run.json``.
        test: the test's loader, of :func:`mia_plugins.training.loading.make_loader`.
        tokenizer: turns token ids into words.
        inspection: arrays by name with the rows in the order of the batches, but for ``semantics``, which has none;
            None where the method shows nothing.
    """
    dataset = test.dataset
    clips = {
        "keys": list(dataset.clips.keys),
        "label_ids": [int(label) for label in dataset.clips.label_ids],
        "tokens": [tokenizer.convert_ids_to_tokens(list(ids)) for ids in dataset.token_ids],
    }
    write_json(folder / CLIPS, clips)
    if inspection is not None:
        with whole_file(folder / INSPECTION) as temporary, open(temporary, "wb") as file:
            order = np.argsort([place for batch in test.batch_sampler for place in batch])
            arrays: dict[str, Any] = {k: v if k == "semantics" else v[order] for k, v in inspection.items()}
            np.savez_compressed(file, **arrays)
    write_json(folder / RECORD, dict(record))  # last: where it is, the others are


def device_name(device: torch.device) -> str:
    """Such as ``cpu`` or ``NVIDIA H200``."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
