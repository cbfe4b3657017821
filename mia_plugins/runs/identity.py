"""What a run is: everything its results depend on, by content where it is a file.

Two runs with equal identities are one run; two that differ in anything have folders of their own.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..evaluation.metrics import METRICS
from ..nn.lookup import encoder_digest, short_name
from ..system.digests import content, digest
from .combinations import Combination
from .context import chosen
from .digests import code_digest, data_digest
from .requests import data_mode, data_request
from .session import Checked
from .unseen_options import unseen_sentences

SHORT = 10  # characters of a digest in a folder's name


def training_identity(checked: Checked, combination: Combination, seed: int) -> dict[str, Any]:
    """All that shapes the trained weights, as plain values."""
    if checked.kept is not None:
        return dict(checked.kept.identity)
    options = checked.options
    dialogue = chosen(options)
    return {
        "method": options.method,
        "dataset": options.dataset,
        "data_mode": data_mode(options),
        "data": data_digest(checked.dataset, replace(data_request(options), test_ood=False)),
        "train_ood": options.train_ood,
        "ood_dataset": ood_dataset(checked) if options.train_ood else None,
        "text_backbone": encoder_digest(options.text_backbone),
        "frozen": options.freeze_backbone_parameters,
        "seed": seed,
        **({"dialogue": dialogue} if dialogue else {}),
        **{name: known_content(value) for name, value in combination.values().items()},
        "code": code_digest(checked.method, checked.dataset),
        "version": __version__,
    }


def testing_identity(checked: Checked) -> dict[str, Any]:
    """What else shapes the results, as plain values."""
    options = checked.options
    tests_ood = options.test_ood
    detects = tests_ood and options.test_mode == "ood_det"
    registered = sorted(name for name, metric in METRICS.items() if metric.compute is not None)
    return {
        "test_ood": tests_ood,
        "ood_dataset": ood_dataset(checked) if tests_ood else None,
        "test_mode": options.test_mode if tests_ood else None,
        "ood_detection_method": options.ood_detection_method if detects else None,
        "modality_ablation": options.modality_ablation,
        "restored": checked.kept is not None,
        "data": data_digest(checked.dataset, replace(data_request(options), train_ood=False)),
        **({"metrics": registered} if registered else {}),
        **({"unseen": unseen_sentences(options, checked.kept)} if options.unseen else {}),
    }


def ood_dataset(checked: Checked) -> str:
    """The out-of-scope data set in use."""
    return checked.options.ood_dataset or checked.dataset.ood_dataset


def known_content(value: Any) -> Any:
    """A setting's value: an encoder by its weights, a file by what is in it, anything else as it is."""
    if isinstance(value, str) and value:
        weights = encoder_digest(value)
        return weights if weights != value else content(value)
    return value


def run_folder(checked: Checked, training: dict[str, Any], testing: dict[str, Any], seed: int) -> Path:
    """The folder of a run: a readable name, then a digest of its identity."""
    options = checked.options
    name = f"{options.method}_{options.dataset}_{short_name(options.text_backbone)}_{options.data_mode}_{seed}"
    return Path(options.output_path) / f"{name}_{digest([training, testing])[:SHORT]}"
