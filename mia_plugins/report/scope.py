"""In-scope against out-of-scope: histograms of the scores, and what rejecting costs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..evaluation.ood_metrics import ood_metrics
from ..evaluation.ood_scores import energy, msp
from ..evaluation.tradeoff import tradeoff_area, tradeoff_curve
from ..plugin.picture import BLACK, BLUE, RED, SERIES, Picture, figure, save
from .saved import SavedRun


class Scores(NamedTuple):
    """Scores by name (higher = more in-scope), and which clips are in scope and which rightly classified."""

    by_name: dict[str, np.ndarray]
    in_scope: np.ndarray
    correct: np.ndarray


def scores_of(run: SavedRun) -> Scores | None:
    """The scores that a run's logits give, and the detector's that it was tested with; None without both kinds of clip."""
    true, closed, logits = (run.array(name) for name in ("y_true", "y_pred", "logits"))
    if true is None or closed is None or logits is None:
        return None
    count = len(run.labels)
    in_scope = true < count
    if in_scope.all() or not in_scope.any():
        return None
    by_name = {"largest softmax probability": msp(logits[:, :count]), "energy of the logits": energy(logits[:, :count])}
    if logits.shape[1] > count:
        from scipy.special import softmax  # heavy, and seldom needed

        by_name["1 − probability of the OOS class"] = 1 - softmax(logits.astype(np.float64), axis=1)[:, count]
    detector = run.array("scores")
    if detector is not None:
        by_name["detector of the test"] = detector
    return Scores(by_name, in_scope, closed == true)


def score_histograms(run: SavedRun, title: str, folder: Path, name: str) -> Picture | None:
    """How the scores of in-scope and out-of-scope clips lie."""
    found = scores_of(run)
    if found is None:
        return None
    aurocs = {}
    with figure(2.6 * len(found.by_name) + 0.6, 2.8) as drawn:
        panels = drawn.subplots(1, len(found.by_name), squeeze=False)[0]
        for axes, (label, values) in zip(panels, found.by_name.items()):
            edges = np.histogram_bin_edges(values, bins=25)
            kinds = (("in-scope", found.in_scope, BLUE, None), ("out-of-scope", ~found.in_scope, RED, "////"))
            for kind, rows, color, hatch in kinds:
                weights = np.full(rows.sum(), 100 / rows.sum())
                look = {"histtype": "stepfilled", "edgecolor": color, "hatch": hatch, "linewidth": 1.2}
                fill = (*rgb(color), 0.35 if hatch is None else 0.0)
                axes.hist(values[rows], edges, weights=weights, facecolor=fill, label=f"{kind} ({rows.sum()})", **look)
            aurocs[label] = 100 * ood_metrics(values, found.in_scope)["auroc"]
            axes.set(xlabel=label, title=f"AUROC {aurocs[label]:.1f} %")
        panels[0].set_ylabel("share of the clips of its kind (%)")
        handles, labels = panels[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=2)
        caption = (
            f"Scores of in-scope and out-of-scope test clips, {title}, seed {run.record['seed']}; higher = more in-scope. "
            "AUROC is the chance that an in-scope clip scores higher than an out-of-scope one; 50 % is chance."
        )
        best = max(aurocs, key=lambda label: aurocs[label])
        heading = f"Scopes are told apart best by “{best}” (AUROC {aurocs[best]:.1f} %)"
        return save(drawn, folder, name, title=heading, caption=caption)


def rgb(color: str) -> tuple[float, float, float]:
    """``#rrggbb`` as three numbers from 0 to 1."""
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def tradeoff(run: SavedRun, title: str, folder: Path, name: str) -> Picture | None:
    """In-scope accuracy kept over out-of-scope clips caught, for every threshold of every score."""
    found = scores_of(run)
    if found is None:
        return None
    areas = {}
    with figure(5, 3.6) as drawn:
        axes = drawn.subplots()
        for (label, values), (color, _, dashes) in zip(found.by_name.items(), SERIES):
            curve = tradeoff_curve(values, found.in_scope, found.correct)
            areas[label] = tradeoff_area(curve)
            text = f"{label} (area {areas[label]:.3f})"
            axes.plot(100 * curve.oos_recall, 100 * curve.in_scope_accuracy, dashes, color=color, label=text)
        open_, true = run.array("y_open"), run.array("y_true")
        if open_ is not None and true is not None:
            right = 100 * (open_ == true)
            point = right[~found.in_scope].mean(), right[found.in_scope].mean()
            axes.plot(*point, "*", color=BLACK, markersize=12, label="the model's own decision", linestyle="none")
        axes.set(xlabel="out-of-scope clips rejected (%)", ylabel="in-scope clips accepted and right (%)")
        axes.set(xlim=(0, 100), ylim=(0, None))
        drawn.legend(loc="outside lower center", fontsize=8)
        caption = (
            f"In-scope test clips that are accepted and rightly classified, over out-of-scope clips rejected, for every "
            f"threshold of each score, {title}, seed {run.record['seed']}."
        )
        best = max(areas, key=lambda label: areas[label])
        heading = f"Rejecting out-of-scope clips costs least by “{best}” (area {areas[best]:.3f})"
        return save(drawn, folder, name, title=heading, caption=caption)
