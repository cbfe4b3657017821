"""New intents beside those of a kept model, without training: what is kept for them, how they are added and scored.

See :mod:`mia_plugins.evaluation.unseen` for what is computed, and docs/unseen.md for how well it works.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.descriptions import fold_label
from ..errors import UserError, short
from ..evaluation.unseen import (
    RATE,
    Calibration,
    Evidence,
    Intent,
    calibrate,
    extended_logits,
    new_intent,
    scope_scores,
)
from ..evaluation.unseen_metrics import unseen_metrics
from ..system.array_files import read_arrays
from ..system.files import whole_file
from ..training.loading import joined
from ..training.predict import predict

if TYPE_CHECKING:
    from ..evaluation.predictions import Predictions
    from ..training.settings import TrainSettings
    from .kept import Kept
    from .session import Session

CALIBRATION = "calibration.npz"  # beside the weights


def keep_calibration(session: Session, method_settings: Any, model: Any, scored: Predictions, folder: Path) -> None:
    """Writes the model's evidence of the development clips; nothing where method or model cannot take new intents.

    Args:
        session, method_settings, model: of the run.
        scored: what the model makes of the in-scope development clips.
        folder: of the model.
    """
    if session.method.embed is None or getattr(model, "descriptions", None) is None:
        return
    texts = session.data.splits["dev"].texts
    evidence = evidence_of(session.method, method_settings, scored, texts, len(session.data.labels))
    views: dict[str, Any] = {f"view_{i}": view.astype(np.float32) for i, view in enumerate(evidence.views)}
    with whole_file(folder / CALIBRATION) as temporary, open(temporary, "wb") as file:
        np.savez(file, logits=evidence.logits, label_ids=scored.label_ids, **views)


def evidence_of(
    method: Any, method_settings: Any, scored: Predictions, texts: Sequence[str], num_labels: int
) -> Evidence:
    """What a model and the untrained sentence encoder make of some clips."""
    untrained = np.asarray(method.embed(method_settings, list(texts)))
    views = (untrained,) if scored.sentence is None else (scored.sentence, untrained)
    return Evidence(scored.logits[:, :num_labels], views)


def read_calibration(path: Path, descriptions: np.ndarray) -> Calibration:
    """What :func:`keep_calibration` wrote.

    Args:
        path: the file.
        descriptions: of the model, ``(labels, sentences, width)``.

    Raises:
        UserError: it is not there, damaged, or of another model.
    """
    try:
        arrays = read_arrays(path)
        views = tuple(arrays[name] for name in sorted(arrays) if name.startswith("view_"))
        logits, ids = arrays["logits"], arrays["label_ids"]
    except FileNotFoundError:
        raise UserError(f"{path}: is missing, so the model takes no new intents; train it again") from None
    except KeyError as error:
        raise UserError(f"{path}: lacks {error}; train again") from error
    labels, _, width = descriptions.shape
    rows = {each.shape[0] if each.ndim else 0 for each in (logits, ids, *views)}
    if len(rows) > 1 or not views or logits.ndim != 2 or logits.shape[1] != labels or ids.dtype.kind != "i":
        raise UserError(f"{path}: does not hold what new intents need of this model; train again")
    if any(view.ndim != 2 or view.shape[1] != width for view in views):
        raise UserError(f"{path}: holds vectors of another width than the model's descriptions; train again")
    return calibrate(Evidence(logits, views), ids, list(descriptions))


class NewIntents:
    """The intents that a kept model was not trained for.

    Args:
        kept: what was kept of the training.
        model: with its weights.

    Raises:
        UserError: the method, or this model of it, cannot take any.
    """

    def __init__(self, kept: Kept, model: Any) -> None:
        self.kept = kept
        self.intents: dict[str, Intent] = {}
        if kept.method.embed is None:
            raise UserError(f"method {kept.method.name} takes no new intents: it knows no descriptions; amess does")
        described = getattr(model, "descriptions", None)
        if described is None:
            raise UserError(f"{kept.folder}: was trained without descriptions, so it takes no new intents")
        self.calibration = read_calibration(kept.folder / CALIBRATION, described.float().cpu().numpy())

    @property
    def names(self) -> tuple[str, ...]:
        """The new intents, in the order in which they were added."""
        return tuple(self.intents)

    def evidence(self, scored: Predictions, texts: Sequence[str]) -> Evidence:
        """What is known of clips, from the model's predictions for them and what is said in them."""
        kept = self.kept
        return evidence_of(kept.method, kept.combination.method_settings, scored, texts, len(kept.task.labels))

    def add(self, name: str, sentences: Sequence[str], examples: Evidence | None = None, rate: float = RATE) -> None:
        """Adds an intent.

        Args:
            name: unlike that of every other intent.
            sentences: what describes it, at least one.
            examples: of clips of this intent.
            rate: the share of the trained intents' clips that it may take.

        Raises:
            UserError: the name is taken, or a sentence is empty.
        """
        check_name(name, (*self.kept.task.labels, *self.intents))
        if isinstance(sentences, str) or not sentences or not all(isinstance(s, str) and s.strip() for s in sentences):
            raise UserError(f"intent {short(name)}: give a list of sentences that describe it")
        vectors = np.asarray(self.kept.method.embed(self.kept.combination.method_settings, list(sentences)))  # type: ignore[misc]
        shown = None if examples is None else examples.views
        self.intents[name] = new_intent(self.calibration, vectors, shown, rate)

    def remove(self, name: str) -> None:
        """Takes an intent away again; all others score as if it had never been there.

        Raises:
            UserError: it was not added.
        """
        if name not in self.intents:
            raise UserError(f"{short(name)!r} is no new intent; there are: {', '.join(self.intents) or 'none'}")
        del self.intents[name]

    def logits(self, evidence: Evidence) -> np.ndarray:
        """Logits of the trained, then the new intents, float64 ``(clips, labels + new)``."""
        return extended_logits(self.calibration, list(self.intents.values()), evidence)


def check_name(name: str, taken: Sequence[str]) -> None:
    """Checks that a new intent's name is free.

    Raises:
        UserError: it is not.
    """
    if not isinstance(name, str) or not name.strip():
        raise UserError("a new intent needs a name")
    if fold_label(name) in map(fold_label, taken):
        raise UserError(f"{short(name)!r} is an intent already; choose another name")


def score_new_intents(
    session: Session, settings: TrainSettings, model: Any, sentences: dict[str, list[str]]
) -> dict[str, float]:
    """Metrics of the test clips with new intents beside the trained ones, as fractions."""
    assert session.kept is not None
    new = NewIntents(session.kept, model)
    for name, texts in sentences.items():
        new.add(name, texts)
    clips = joined(session.data, "test", "unseen_test", "ood_test")
    scored = predict(model, session.loader(clips, settings), device=session.device, precision=settings.precision)
    ids, labels = scored.label_ids.copy(), len(session.data.labels)
    outside = len(session.data.splits.get("ood_test", ()))
    ids[len(ids) - outside :] = labels + len(
        sentences
    )  # behind the new intents; until now the first id behind the trained
    evidence = new.evidence(scored, clips.texts)
    return unseen_metrics(new.logits(evidence), ids, labels, scope_scores(new.calibration, evidence))
