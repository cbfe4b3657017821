"""Tables from what :mod:`.collect` kept: accuracy on trained and new intents, and out-of-scope AUROC.

    python -m benchmarks.unseen.measure --work unseen --out unseen.md

Every number is a mean over the draws with its sample standard deviation. Examples are drawn three times from
rows that are in no other part.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mia_plugins.evaluation.ood_metrics import ood_metrics
from mia_plugins.evaluation.ood_scores import SCORE_NAMES, ood_scores
from mia_plugins.evaluation.unseen import (
    RATE,
    Calibration,
    Evidence,
    calibrate,
    confidence,
    cosines,
    direction,
    extended_logits,
    new_intent,
    unit,
)
from mia_plugins.evaluation.unseen_metrics import unseen_metrics
from mia_plugins.runs.markdown import markdown_table

SENTENCES, DRAWS_OF_EXAMPLES = 3, 3
METRICS = ("trained_acc", "new_acc", "harmonic_acc", "among_new_acc")
HEADINGS = ("trained", "new", "harmonic", "new among new")
Draw = Mapping[str, np.ndarray]
Scores = Iterator[tuple[str, np.ndarray]]


def evidence(draw: Draw, split: str, views: Sequence[str]) -> Evidence:
    """A split's logits, and those of the views ``sentence`` (T_f) and ``text`` (the untrained encoder) asked for."""
    return Evidence(draw[f"{split}_logits"], tuple(draw[f"{split}_{view}"] for view in views))


def views_of(draw: Draw) -> tuple[str, ...]:
    """The views that a method has."""
    return ("sentence", "text") if "test_sentence" in draw else ("text",)


def examples_of(draw: Draw, field: str, count: int, seed: int) -> list[np.ndarray]:
    """``count`` example clips of each new intent in a field, the same in every field."""
    random, trained = np.random.default_rng(seed), len(draw["known"])
    places = [np.flatnonzero(draw["examples_labels"] == trained + i) for i in range(len(draw["new"]))]
    return [draw[f"examples_{field}"][random.permutation(rows)[:count]] for rows in places]


def offered(draw: Draw, views: Sequence[str], count: int = 0, seed: int = 0, rate: float = RATE) -> np.ndarray:
    """The test clips' logits with columns for the new intents."""
    trained, described = len(draw["known"]), draw["descriptions"][:, :SENTENCES]
    fitted = calibrated(draw, views)
    shown = [examples_of(draw, view, count, seed) for view in views]
    intents = [
        new_intent(fitted, described[trained + i], [each[i] for each in shown] if count else None, rate)
        for i in range(len(draw["new"]))
    ]
    return extended_logits(fitted, intents, evidence(draw, "test", views))


def calibrated(draw: Draw, views: Sequence[str]) -> Calibration:
    """Of the development clips."""
    described = draw["descriptions"][: len(draw["known"]), :SENTENCES]
    return calibrate(evidence(draw, "dev", views), draw["dev_labels"], list(described))


def nearest(draw: Draw, view: str) -> np.ndarray:
    """Cosines to every intent's sentences in one view: no classifier, no calibration."""
    towards = [direction(each) for each in draw["descriptions"][:, :SENTENCES]]
    return np.column_stack([cosines([draw[f"test_{view}"]], each[None]) for each in towards])


def prototypes(draw: Draw, count: int, seed: int) -> np.ndarray:
    """Cosines of centred features to the mean of an intent's training clips, of a new one to that of its examples."""
    centre = draw["train_features"].mean(axis=0)
    ids = draw["train_labels"]
    means = [unit(draw["train_features"][ids == label] - centre).mean(axis=0) for label in range(len(draw["known"]))]
    means += [unit(each - centre).mean(axis=0) for each in examples_of(draw, "features", count, seed)]
    return unit(draw["test_features"] - centre) @ unit(np.stack(means)).T


def ways(draw: Draw) -> Scores:
    """Name and scores ``(test clips, trained + new)`` of everything that is compared; repeated names are averaged."""
    views = views_of(draw)
    yield "classifier alone", np.pad(draw["test_logits"], ((0, 0), (0, len(draw["new"]))), constant_values=-1e9)
    yield "untrained encoder, nearest description", nearest(draw, "text")
    if "test_sentence" in draw:
        yield "T_f, nearest description", nearest(draw, "sentence")
        yield "calibrated, T_f alone", offered(draw, ["sentence"])
        yield "calibrated, untrained encoder alone", offered(draw, ["text"])
    for count in (1, 3, 5):
        for seed in range(DRAWS_OF_EXAMPLES):
            yield f"prototypes of features, {count} example(s)", prototypes(draw, count, seed)
    yield "calibrated, sentences alone", offered(draw, views)
    for count in (1, 3, 5):
        for seed in range(DRAWS_OF_EXAMPLES):
            yield f"calibrated, {count} example(s)", offered(draw, views, count, seed)
    for rate in (0.02, 0.1):
        yield f"calibrated, rate {rate}", offered(draw, views, rate=rate)


def accuracies(draw: Draw) -> dict[str, list[float]]:
    """Of every way the metrics in percent."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    for name, scores in ways(draw):
        values = unseen_metrics(scores, draw["test_labels"], len(draw["known"]))
        found[name].append([100 * values[metric] for metric in METRICS])
    return {name: np.mean(values, axis=0).tolist() for name, values in found.items()}


def scope(draw: Draw) -> dict[str, list[float]]:
    """AUROC (%) of the benchmark's detectors and others: left-out intents, and real out-of-scope clips, as out of scope."""
    trained, ids = len(draw["known"]), draw["test_labels"]
    views, fitted = views_of(draw), calibrated(draw, views_of(draw))
    test = evidence(draw, "test", views)
    scores: dict[str, np.ndarray] = {
        name: ood_scores(
            name,
            logits=draw["test_logits"],
            num_labels=trained,
            features=draw["test_features"],
            train_features=draw["train_features"],
            train_labels=draw["train_labels"],
            weight=draw["weight"],
            bias=draw["bias"],
        )
        for name in SCORE_NAMES
    }
    near = [(cosines(test.views, intent.directions) - intent.mean) / intent.std for intent in fitted.trained]
    affinities = np.stack(near, axis=1)  # (clips, intents, views)
    scores["log sum exp of the logits"] = confidence(test.logits)
    for i, view in enumerate(views):
        scores[f"nearest description, {'T_f' if view == 'sentence' else 'untrained encoder'}"] = affinities[..., i].max(
            axis=1
        )
    scores["nearest description, all views"] = affinities.mean(axis=2).max(axis=1)
    for weight in (0.1, 0.3):
        raised = test.logits + weight * fitted.confidence[1] * affinities.mean(axis=2)
        scores[f"log sum exp of logits + {weight} affinity"] = confidence(raised)
    outside = ids >= trained + len(draw["new"])
    groups = {"left out": ~outside, **({"real": (ids < trained) | outside} if outside.any() else {})}
    return {
        name: [100 * ood_metrics(values[rows], ids[rows] < trained)["auroc"] for rows in groups.values()]
        for name, values in scores.items()
    }


def table(draws: Sequence[Draw], measured: Callable[[Draw], dict[str, list[float]]], headings: Sequence[str]) -> str:
    """A row a name, mean ± sample deviation over the draws."""
    values: dict[str, list[list[float]]] = defaultdict(list)
    for draw in draws:
        for name, row in measured(draw).items():
            values[name].append(row)

    def cells(rows: list[list[float]]) -> list[str]:
        if len(rows) == 1:
            return [f"{value:.1f}" for value in rows[0]]
        return [f"{np.mean(each):.1f} ± {np.std(each, ddof=1):.1f}" for each in zip(*rows)]

    width = max(len(rows[0]) for rows in values.values())
    return markdown_table(["", *headings[:width]], [[name, *cells(rows)] for name, rows in values.items()])


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the tables of every data set and method there are draws of."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unseen.measure", description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("unseen"), metavar="DIR", help="of collect")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables here, too")
    options = parser.parse_args(arguments)
    groups: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for path in sorted(options.work.glob("*.npz")):
        name, method = path.stem.rsplit("_", 1)[0].split("_", 1)
        with np.load(path) as file:
            groups[name, method].append({key: file[key] for key in file.files})
    parts = []
    for (name, method), draws in groups.items():
        sizes = [len(each["test_labels"]) for each in draws]
        parts.append(f"## {name}, {method}: {len(draws)} draws, {min(sizes)} to {max(sizes)} test clips\n")
        parts.append(table(draws, accuracies, HEADINGS) + "\n")
        parts.append(table(draws, scope, ["AUROC: left out", "AUROC: real"]) + "\n")
    text = "\n".join(parts)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
