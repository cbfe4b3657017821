"""What a run leaves in its folder beside its arrays, for reports, tables and later questions.

``run.json``: what the run was and what came out. ``clips.json``: the test clips' keys, label ids and tokens.
``inspection.npz``: what the method shows of its internals (``Method.inspect``).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError
from ..evaluation.metrics import displayed, oriented
from ..nn.lookup import short_name
from ..plugin.picture import Constant
from ..system.files import whole_file
from ..system.json_files import write_json
from .context import chosen

if TYPE_CHECKING:
    import torch

    from ..training.loop import Epoch
    from .combinations import Combination
    from .session import Session

RECORD, CLIPS, INSPECTION = "run.json", "clips.json", "inspection.npz"
OPTIONS = ("method", "dataset", "data_mode", "train_ood", "test_ood", "test_mode", "ood_detection_method")


def run_record(
    session: Session,
    combination: Combination,
    seed: int,
    *,
    log_id: str,
    results: Mapping[str, Any],
    history: Sequence[Epoch],
    cost: Mapping[str, float | None],
    ablation: Any,
    training: Mapping[str, Any],
    testing: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    """What goes into ``run.json``; scores are as they are shown, mostly in percent.

    Args:
        session, combination, seed: what was run.
        log_id: of the command.
        results: of the manager, as fractions.
        history: epochs, with dev scores as training compares them: as fractions, an error negated.
        cost: see :func:`run_cost`.
        ablation: of the modalities; None: not measured.
        training, testing: the run's identity.
        seconds: how long the run took.
    """
    options, settings = session.options, combination.values()
    best = max(history, key=lambda epoch: epoch.score).number if history else None
    monitor = settings["eval_monitor"]
    dev = oriented(monitor, float(results["best_eval_score"])) if "best_eval_score" in results else None
    return {
        **{name: getattr(options, name) for name in OPTIONS},
        "ood_dataset": testing["ood_dataset"] or training["ood_dataset"],
        "text_backbone": short_name(options.text_backbone),
        "dialogue": chosen(options),
        "demo": options.demo,
        "clips": {name: len(clips) for name, clips in session.data.splits.items()},
        "features": [path.name for path in session.data.sources if path.suffix != ".tsv"],
        "seed": seed,
        "choice": combination.choice,
        "settings": settings,
        "changed": {name: settings[name] for name in changed(session, combination)},
        "frozen": options.freeze_backbone_parameters,
        "problem": session.data.problem,
        "labels": list(session.data.labels),
        "metrics": percent(results),
        "dev_score": displayed(monitor, dev) if dev is not None else None,
        "best_epoch": best,
        "history": [{**vars(epoch), "score": oriented(monitor, epoch.score)} for epoch in history],
        "cost": dict(cost),
        "modality_ablation": ablation,
        "device": device_name(session.device),
        "versions": {name: version(name) for name in ("torch", "transformers", "numpy")},
        "seconds": round(seconds, 1),
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "log_id": log_id,
        "restored": str(session.kept.folder) if session.kept is not None else None,
        "warnings": list(getattr(session.data, "warnings", ())),
        "training": dict(training),
        "testing": dict(testing),
    }


def run_cost(
    model: Any, *, trained: tuple[int, float], tested: tuple[int, float], peak_mib: float | None
) -> dict[str, float | None]:
    """What a run cost, where it is known.

    Args:
        model: the method's.
        trained, tested: clips, and the seconds they took; training includes scoring dev after each epoch.
        peak_mib: the most memory, in MiB.

    Returns:
        ``parameters``, ``train_clips_per_second``, ``test_clips_per_second``, ``peak_memory_mib``.
    """
    rates = {
        f"{name}_clips_per_second": round(clips / seconds, 2) if clips and seconds > 0 else None
        for name, (clips, seconds) in (("train", trained), ("test", tested))
    }
    memory = round(peak_mib, 1) if peak_mib is not None else None
    return {"parameters": sum(weight.numel() for weight in model.parameters()), **rates, "peak_memory_mib": memory}


def changed(session: Session, combination: Combination) -> list[str]:
    """The settings that differ from those of a command that sets none."""
    if session.kept is not None:
        return [name for name in session.kept.changed if name in combination.values()]
    usual = session.usual_settings()
    return [name for name, value in combination.values().items() if usual.get(name, value) != value]


def percent(results: Mapping[str, Any]) -> dict[str, float]:
    """The metrics among a manager's results, as they are shown: mostly in percent."""
    scalars = {key: value for key, value in results.items() if isinstance(value, (int, float, np.floating))}
    return {key: displayed(key, float(value)) for key, value in scalars.items() if key != "best_eval_score"}


def keep(
    folder: Path,
    record: Mapping[str, Any],
    test: Any,
    tokenizer: Any,
    inspection: Mapping[str, np.ndarray | Constant] | None,
) -> None:
    """Writes the three files.

    Args:
        folder: the run's.
        record: what goes into ``run.json``.
        test: the loader of the test clips, made by :func:`mia_plugins.training.loading.make_loader`.
        tokenizer: turns token ids into words.
        inspection: what ``Method.inspect`` returned; None where the method shows nothing.

    Raises:
        UserError: an array of ``inspection`` does not have one row per clip.
    """
    dataset = test.dataset
    clips = {
        "keys": list(dataset.clips.keys),
        "label_ids": plain_labels(dataset.clips.label_ids),
        "tokens": [tokenizer.convert_ids_to_tokens(list(ids)) for ids in dataset.token_ids],
    }
    write_json(folder / CLIPS, clips)
    if inspection is not None:
        with whole_file(folder / INSPECTION) as temporary, open(temporary, "wb") as file:
            order = np.argsort([place for batch in test.batch_sampler for place in batch])
            arrays: dict[str, Any] = {name: in_order(name, values, order) for name, values in inspection.items()}
            np.savez_compressed(file, **arrays)
    write_json(folder / RECORD, dict(record))  # last: once it is there, so are the others


def plain_labels(label_ids: np.ndarray) -> list[Any]:
    """Label ids as numbers, of several labels a clip the ids of those that it has.

    >>> plain_labels(np.array([[1.0, 0, 1], [0, 0, 0]])), plain_labels(np.array([2, 0]))
    ([[0, 2], []], [2, 0])
    """
    return [np.flatnonzero(row).tolist() for row in label_ids] if label_ids.ndim == 2 else label_ids.tolist()


def device_name(device: torch.device) -> str:
    """Such as ``cpu`` or ``NVIDIA H200``."""
    if device.type != "cuda":
        return device.type
    import torch

    return torch.cuda.get_device_name(device)


def in_order(name: str, values: np.ndarray | Constant, order: np.ndarray) -> np.ndarray:
    """An array of ``Method.inspect`` with its rows in the order of the clips.

    Args:
        name: of the array.
        values: with a row per clip in the order of the batches, or a :class:`~mia_plugins.plugin.picture.Constant`.
        order: for each clip its row.

    Raises:
        UserError: it does not have as many rows as there are clips.
    """
    if isinstance(values, Constant):
        return values.values
    if len(values) != len(order):
        raise UserError(
            f"the method's inspect returned {name} with {len(values)} rows for {len(order)} clips; wrap what has no row "
            "per clip as Constant(array)"
        )
    return values[order]
