"""Run by `test_against_hosts` in a separate process: feed the arrays of an npz file to a host's evaluation.

Usage: python host_probe.py HOST_DIR IN.npz OUT.npz. Arrays are named ``kind:number/array``, results
``kind:number/part/name``; where the host raises, the name is ``error`` and the value the exception's class.
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.special import expit, softmax
from scipy.stats import norm

SCORE_NAMES = ("msp", "maxlogit", "energy", "ma", "residual", "vim")


class Tensor:
    """What the hosts ask of the head's torch tensors: `.data.cpu().numpy()`."""

    def __init__(self, array):
        self.array = array

    @property
    def data(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.array.copy()


def main(host, source, target):
    sys.path.insert(0, str(host))
    metrics = importlib.import_module("utils.metrics")
    cases, results = {}, {}
    for name, array in np.load(source).items():
        case, _, key = name.partition("/")
        cases.setdefault(case, {})[key] = array
    run = {"labels": run_labels, "scores": run_scores, "doc": run_doc, "head": run_head}
    for case, arrays in cases.items():
        for part, call in run[case.split(":")[0]](metrics, host, SimpleNamespace(**arrays)):
            try:
                result = call()
            except Exception as problem:
                result = {"error": type(problem).__name__}
            results.update({f"{case}/{part}/{key}": np.asarray(value) for key, value in result.items()})
    np.savez(target, **results)


def run_labels(metrics, host, case):
    args = SimpleNamespace(logger_name="probe")
    yield "in_scope", lambda: metrics.Metrics(args)(case.true, case.pred)
    if hasattr(metrics, "OID_Metrics"):
        yield "oid", lambda: metrics.OID_Metrics(args)(case.true, case.pred)


def run_scores(metrics, host, case):
    if hasattr(metrics, "OOD_Metrics"):
        yield "ood", lambda: metrics.OOD_Metrics(SimpleNamespace(logger_name="probe"))(case.scores, case.inside)


def run_doc(metrics, host, case):
    num_labels = case.train.shape[1]
    args = SimpleNamespace(logger_name="probe", num_labels=num_labels, ood_label_id=num_labels, scale=float(case.scale))
    if (host / "evaluation" / "oos_cls.py").exists():
        module = importlib.import_module("evaluation.oos_cls")
        fit, classify = module.cal_mu_std, module.classify_doc
    elif (doc := manager_methods(host)) is not None:
        fit, classify = doc.cal_mu_std, doc.classify_doc
    else:
        return

    def both():
        fitted = fit(case.train, case.labels, num_labels)
        return {
            "thresholds": [max(0.5, 1 - args.scale * std) for _, std in fitted],
            "pred": classify(args, case.test, fitted),
        }

    yield "doc", both


def manager_methods(host):
    """Return an object with the DOC methods of MIntRec2.0's manager, cut out to spare the import of all methods."""
    path = host / "methods" / "single_turn" / "MAG_BERT" / "manager.py"
    wanted = ("cal_mu_std", "fit", "classify_doc")
    if not path.exists():
        return None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    body = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in wanted]
    if len(body) < len(wanted):
        return None
    namespace = {"np": np, "dist_model": norm}
    exec(compile(ast.Module(body, type_ignores=[]), str(path), "exec"), namespace)
    methods = {name: namespace[name] for name in wanted}
    doc = type("Doc", (), methods)()
    doc.logger = SimpleNamespace(info=lambda *_: None)
    return doc


def run_head(metrics, host, case):
    sigmoid = (host / "evaluation").exists()
    if not sigmoid and not (host / "ood_detection").exists():
        return
    module = importlib.import_module("evaluation.score_func" if sigmoid else "ood_detection")
    num_labels = len(case.bias)
    args = SimpleNamespace(logger_name="probe", num_labels=num_labels, ood_label_id=num_labels, method="amess", scale=1)

    def inputs():
        return {
            "y_logit": expit(case.logits) if sigmoid else case.logits,
            "y_prob": softmax(case.logits, axis=1).max(axis=1),
            "y_feat": case.features.copy(),
            "y_true": case.labels,
            "train_feats": case.train.copy(),
            "train_labels": case.train_labels,
            "w": Tensor(case.weight),
            "b": Tensor(case.bias),
        }

    def detect(name):
        detection = importlib.import_module("evaluation.ood_det").ood_detection
        return detection(SimpleNamespace(**vars(args), ood_detection_method=name), inputs())

    for name in SCORE_NAMES:
        yield name, lambda name=name: {"scores": module.ood_detection_map[name](args, inputs())}
        if sigmoid:
            yield name + "_detection", lambda name=name: detect(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
