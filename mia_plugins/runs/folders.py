"""Where the files of a run lie."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from ..nn.backbones import short_name


def run_folder(options: argparse.Namespace, choice: dict[str, Any], seed: int) -> Path:
    """The folder of a run's files, named as the benchmark names it; a grid's choice adds a short digest."""
    name = f"{options.method}_{options.dataset}_{short_name(options.text_backbone)}_{options.data_mode}_{seed}"
    if choice:
        name += "_" + hashlib.sha256(json.dumps(choice, sort_keys=True).encode()).hexdigest()[:6]
    return Path(options.output_path) / name


def model_folder(options: argparse.Namespace, choice: dict[str, Any], seed: int) -> Path:
    """The folder of a run's saved model."""
    return run_folder(options, choice, seed) / options.model_path
