"""Every function against the hosts', when the environment variable MIA_HOSTS names a folder with their checkouts.

`host_probe.py` runs in one process per host, with the host's folder first on the path; only its evaluation is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mia_plugins.errors import UserError
from mia_plugins.evaluation.doc import doc_predict, doc_thresholds
from mia_plugins.evaluation.in_scope import in_scope_metrics
from mia_plugins.evaluation.ood_metrics import ood_metrics, ood_metrics_standard
from mia_plugins.evaluation.ood_scores import SCORE_NAMES, energy, maxlogit, ood_scores
from mia_plugins.evaluation.open_set import oid_metrics

HOSTS = os.environ.get("MIA_HOSTS")
pytestmark = pytest.mark.skipif(not HOSTS, reason="MIA_HOSTS names no folder with host checkouts")

K = 4  # intents; OOS is label 4


def label_cases(draws):
    for _ in range(150):
        rows = int(draws.integers(1, 40))
        true = draws.integers(0, draws.integers(1, K + 2), rows)
        wrong = draws.random(rows) < draws.random()
        yield {"true": true, "pred": np.where(wrong, draws.integers(0, K + 1, rows), true)}
    yield {"true": np.full(5, K), "pred": np.full(5, K)}  # one class, OOS
    yield {"true": np.zeros(5, int), "pred": np.ones(5, int)}  # nothing right
    yield {"true": np.arange(K), "pred": np.arange(K)}  # no OOS anywhere
    yield {"true": np.array([0] * 17 + [1] * 9), "pred": np.array([0] * 3 + [1] * 23)}  # rounding of 0.43125


def score_cases(draws):
    for number in range(150):
        rows = int(draws.integers(2, 80))
        inside = draws.permutation((np.arange(rows) < draws.integers(1, rows)).astype(int))
        scores = draws.normal(size=rows) * 3 + inside * draws.normal()
        if number % 3 == 1:
            scores = scores.round()  # ties
        if number % 3 == 2:
            scores = scores.astype(np.float32)
        yield {"scores": scores, "inside": inside}
    yield {"scores": np.full(30, 0.5), "inside": np.arange(30) % 2}  # constant
    yield {"scores": np.arange(20.0), "inside": (np.arange(20) > 9).astype(int)}  # perfect
    yield {"scores": np.arange(20.0), "inside": (np.arange(20) < 9).astype(int)}  # all wrong
    yield {"scores": np.arange(25.0, 0, -1), "inside": np.array([1] * 19 + [0] * 5 + [1])}  # TPR exactly 0.95
    yield {"scores": np.arange(5.0), "inside": np.ones(5, int)}  # no OOS
    yield {"scores": np.arange(5.0), "inside": np.zeros(5, int)}  # no in-scope


def doc_cases(draws):
    for number in range(60):
        rows = int(draws.integers(1, 60))
        train, test = (1 / (1 + np.exp(-draws.normal(0, 3, (n, K)))) for n in (rows, 30))
        labels = draws.integers(0, draws.integers(1, K + 2), rows)
        if number % 3 == 1:
            train[draws.random(train.shape) < 0.05] = np.nan
            test[0, 0] = np.nan
        if number % 3 == 2:
            train, test = train.astype(np.float32), test.astype(np.float32)
        yield {"train": train, "labels": labels, "test": test, "scale": [0.5, 1.0, 20.0][number % 4 % 3]}


def head_cases(draws):
    shapes = [(12, 80, "f8"), (12, 80, "f4"), (64, 600, "f8"), (64, 600, "f4"), (24, 16, "f4"), (K, 30, "f8")]
    for width, rows, dtype in shapes:
        scale = np.linspace(0.5, 3, width)
        train_labels = np.concatenate((np.arange(K), draws.integers(0, K, rows - K)))
        means = draws.normal(size=(K + 1, width)) * 2
        labels = draws.integers(0, K + 1, 40)
        train, features = means[train_labels], means[labels]
        train, features = (part + draws.normal(size=part.shape) * scale for part in (train, features))
        weight, bias = draws.normal(size=(K, width)) / width, draws.normal(size=K)
        logits = features @ weight.T + bias
        case = {"features": features, "train": train, "weight": weight, "bias": bias, "logits": logits}
        case = {name: array.astype(dtype) for name, array in case.items()}
        yield {**case, "train_labels": train_labels, "labels": labels}
        if rows == 80 and dtype == "f8":
            absent = np.where(train_labels == 1, 0, train_labels)
            yield {**case, "train_labels": absent, "labels": labels}


def all_cases():
    draws = np.random.default_rng(20240607)
    makers = {"labels": label_cases, "scores": score_cases, "doc": doc_cases, "head": head_cases}
    return {f"{kind}:{i}": case for kind, make in makers.items() for i, case in enumerate(make(draws))}


@cache
def probe(name):
    """Run all cases through a host, once; return them with `answer(case, part)`, the host's results as a dict."""
    cases = all_cases()
    script = Path(__file__).with_name("host_probe.py")
    with tempfile.TemporaryDirectory() as folder:
        arrays = {f"{case}/{key}": value for case, content in cases.items() for key, value in content.items()}
        np.savez(Path(folder, "in.npz"), **arrays)
        command = [sys.executable, "-W", "ignore", "-B", script, Path(HOSTS, name).resolve(), "in.npz", "out.npz"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        results = {}
        with np.load(Path(folder, "out.npz")) as answers:
            for path, value in answers.items():
                case, part, key = path.split("/")
                results.setdefault((case, part), {})[key] = value if value.ndim else value.item()
    return SimpleNamespace(name=name, cases=cases, answer=lambda case, part: results[case, part])


@pytest.fixture
def host(request):
    if not Path(HOSTS, request.param).is_dir():
        pytest.skip(f"no checkout of {request.param} in {HOSTS}")
    return probe(request.param)


def hosts(*names):
    return pytest.mark.parametrize("host", names, indirect=True)


def of_kind(host, kind, part):
    """Return (case, host's results) for all cases of a kind."""
    named = {name: SimpleNamespace(**case) for name, case in host.cases.items() if name.startswith(kind)}
    return [(case, host.answer(name, part)) for name, case in named.items()]


@hosts("MMOIR", "MIntRec2.0", "MIntRec", "MIntOOD")
def test_in_scope(host):
    for case, theirs in of_kind(host, "labels", "in_scope"):
        ours = in_scope_metrics(case.true, case.pred)
        assert {name: ours[name] for name in theirs} == pytest.approx(theirs, abs=1e-12)
        assert set(theirs) == set(ours) or host.name == "MIntRec"


@hosts("MMOIR", "MIntRec2.0", "MIntOOD")
def test_oid_is_equal_to_the_last_digit(host):
    keys = {"acc": "oid_acc", "f1": "oid_f1"} if host.name == "MIntOOD" else {}
    for case, theirs in of_kind(host, "labels", "oid"):
        renamed = {keys.get(name, name): value for name, value in theirs.items()}
        assert oid_metrics(case.true, case.pred) == pytest.approx(renamed, abs=0, rel=0, nan_ok=True)


@hosts("MMOIR", "MIntRec2.0", "MIntOOD")
def test_ood_metrics(host):
    for case, theirs in of_kind(host, "scores", "ood"):
        if case.inside.all() or not case.inside.any():
            assert theirs == {"error": "ValueError"}
            with pytest.raises(UserError):
                ood_metrics(case.scores, case.inside)
            continue
        ours = ood_metrics(case.scores, case.inside)
        assert set(theirs) == set(ours)
        if len(np.unique(case.scores)) < len(case.scores):
            worst = ood_metrics_standard(case.scores, case.inside)["fpr95_standard"]
            assert max(theirs.pop("fpr95"), ours.pop("fpr95")) <= worst
        assert ours == pytest.approx(theirs, abs=1e-12)


@hosts("MMOIR", "MIntRec2.0")
def test_doc(host):
    for case, theirs in of_kind(host, "doc", "doc"):
        if host.name == "MIntRec2.0" and "error" in theirs:
            of_label = case.train[case.labels < K][np.arange((case.labels < K).sum()), case.labels[case.labels < K]]
            assert theirs["error"] == "ValueError"
            assert np.isnan(of_label).any()
            continue
        # The host fits float32 probabilities in float32.
        close = 1e-12 if case.train.dtype == np.float64 else 2e-6
        ours = doc_thresholds(case.train, case.labels, K, case.scale)
        assert ours == pytest.approx(theirs["thresholds"], abs=close)
        best = case.test.argmax(axis=1)
        sure = ~(np.abs(case.test.max(axis=1) - ours[best]) <= close)
        assert doc_predict(case.test, ours, K)[sure].tolist() == theirs["pred"][sure].tolist()


@hosts("MMOIR", "MIntOOD")
@pytest.mark.parametrize("name", SCORE_NAMES)
def test_ood_scores(host, name):
    for case, theirs in of_kind(host, "head", name):
        arrays = {
            "logits": case.logits,
            "features": case.features,
            "train_features": case.train,
            "train_labels": case.train_labels,
            "weight": case.weight,
            "bias": case.bias,
        }
        narrow = name in ("residual", "vim") and case.features.shape[1] <= K
        absent = name == "ma" and len(np.unique(case.train_labels)) < K
        if narrow or absent:
            useless = np.isnan(theirs["scores"]).all() if name != "residual" else not theirs["scores"].any()
            assert useless
            with pytest.raises(UserError):
                ood_scores(name, **arrays, num_labels=K)
            continue
        raw = {"maxlogit": maxlogit, "energy": energy}.get(name) if host.name == "MIntOOD" else None
        ours = raw(case.logits) if raw else ood_scores(name, **arrays, num_labels=K)
        close = {"rel": 1e-9, "abs": 1e-9} if case.train.dtype == np.float64 else {"rel": 1e-4, "abs": 1e-4}
        assert ours == pytest.approx(theirs["scores"], **close)


@hosts("MMOIR")
@pytest.mark.parametrize("name", SCORE_NAMES)
def test_scores_and_metrics_together(host, name):
    for case, theirs in of_kind(host, "head", name + "_detection"):
        if case.train.dtype == np.float64 and case.features.shape[1] > K and len(np.unique(case.train_labels)) == K:
            scores = ood_scores(
                name,
                logits=case.logits,
                features=case.features,
                train_features=case.train,
                train_labels=case.train_labels,
                weight=case.weight,
                bias=case.bias,
                num_labels=K,
            )
            assert ood_metrics(scores, case.labels != K) == pytest.approx(theirs, abs=1e-9)
