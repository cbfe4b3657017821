"""What ``--save_results`` leaves in a run's folder beside its arrays, for reports to read.

``run.json``: settings, labels, metrics in percent, training history. ``clips.json``: the test clips' keys, label ids
and tokens. ``inspection.npz``: what the method lets one see of its inside (:attr:`mia_plugins.method.Method.inspect`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .files import whole_file

RECORD, CLIPS, INSPECTION = "run.json", "clips.json", "inspection.npz"


def write_json(path: Path, value: Any) -> None:
    """A JSON file, written whole."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")


def keep(
    folder: Path, record: Mapping[str, Any], dataset: Any, tokenizer: Any, inspection: Mapping[str, np.ndarray] | None
) -> None:
    """Writes the three files.

    Args:
        folder: the run's own.
        record: what goes into ``run.json``.
        dataset: the test's :class:`~mia_plugins.data.batches.ClipDataset`.
        tokenizer: turns token ids into words.
        inspection: arrays by name, or None where the method shows nothing.
    """
    clips = {
        "keys": list(dataset.clips.keys),
        "label_ids": [int(label) for label in dataset.clips.label_ids],
        "tokens": [tokenizer.convert_ids_to_tokens(list(ids)) for ids in dataset.token_ids],
    }
    write_json(folder / CLIPS, clips)
    if inspection is not None:
        with whole_file(folder / INSPECTION) as temporary, open(temporary, "wb") as file:
            arrays: dict[str, Any] = dict(inspection)
            np.savez_compressed(file, **arrays)
    write_json(folder / RECORD, dict(record))  # last: where it is, the others are


def device_name(device: torch.device) -> str:
    """Such as ``cpu`` or ``NVIDIA H200``."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
