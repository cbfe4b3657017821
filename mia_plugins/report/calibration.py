"""Reliability diagram: how often predictions of a given confidence come true."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..evaluation.calibration import expected_calibration_error, reliability_bins
from ..evaluation.ood_scores import msp
from ..plugin.picture import BLACK, BLUE, Picture, figure, save
from .saved import SavedRun


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score, in 0 .. 1; it always holds the share."""
    from scipy.stats import binomtest  # heavy, and seldom needed

    found = binomtest(hits, rows).proportion_ci(method="wilson")
    return min(float(found.low), hits / rows), max(float(found.high), hits / rows)


def reliability(run: SavedRun, title: str, folder: Path, name: str) -> Picture | None:
    """Accuracy of the in-scope clips by confidence, and how many clips each bin holds."""
    true, closed, logits = (run.array(name) for name in ("y_true", "y_pred", "logits"))
    if true is None or closed is None or logits is None:
        return None
    inside = true < len(run.labels)
    if not inside.any():
        return None
    confidence = np.clip(msp(logits[inside][:, : len(run.labels)]), 0, 1)
    correct = true[inside] == closed[inside]
    bins = [bar for bar in reliability_bins(confidence, correct) if bar.rows]
    ece = expected_calibration_error(confidence, correct)
    with figure(4.2, 4) as drawn:
        upper, lower = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot((0, 100), (0, 100), ":", color=BLACK, label="perfectly calibrated")
        points = [100 * bar.confidence for bar in bins], [100 * bar.accuracy for bar in bins]
        ends = [wilson(round(bar.accuracy * bar.rows), bar.rows) for bar in bins]
        below = [100 * (bar.accuracy - low) for bar, (low, _) in zip(bins, ends)]
        above = [100 * (high - bar.accuracy) for bar, (_, high) in zip(bins, ends)]
        upper.errorbar(*points, yerr=(below, above), fmt="o-", color=BLUE, markersize=4, capsize=2, label="this model")
        upper.set(ylabel="accuracy (%)", ylim=(0, 102))
        drawn.legend(loc="outside upper center", ncols=2, fontsize=8)
        lower.bar(
            [100 * bar.lower for bar in bins], [bar.rows for bar in bins], width=100 / 15, align="edge", color=BLUE
        )
        lower.set(xlabel="confidence: largest softmax probability (%)", ylabel="clips", xlim=(0, 100))
        gap = 100 * (confidence.mean() - correct.mean())
        word = "about as confident as it is accurate" if abs(gap) < 2 else f"{'over' if gap > 0 else 'under'}confident"
        caption = (
            f"Calibration on the {inside.sum()} in-scope test clips, {title}, seed {run.record['seed']}: mean confidence "
            f"{100 * confidence.mean():.1f} %, accuracy {100 * correct.mean():.1f} %. Points are bins of confidence, with "
            "95 % Wilson intervals; bins without a clip are left out."
        )
        heading = f"The model is {word}: calibration error {100 * ece:.1f} %"
        return save(drawn, folder, name, title=heading, caption=caption)
