"""The paper's figures, drawn from the runs of a plan beside its tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..report.runs import find_runs, group_runs
from ..report.sweeps import draw_sweep, sweeps


def draw_paper_figures(folder: Path, names: Sequence[str]) -> list[Path]:
    """Draws ``fig4`` and ``fig5`` from the runs below a results folder, beside its tables.

    Raises:
        UserError: no run, or no matplotlib.
    """
    from mia_plugins.methods.amess.pictures import draw_semantics

    groups = group_runs(find_runs([folder])[0])
    pictures = []
    if "fig4" in names:
        panels = [each for each in sweeps(groups) if each.setting == "num_anchors"]
        ticks = {50.0: "50\n(all)"}  # the paper's k that keeps every token
        pictures.append(draw_sweep(panels, folder, "fig4", words="the number of anchors k", ticks=ticks))
    if "fig5" in names:
        for group in groups:
            record = group.first.record
            settings = record["settings"]
            if not record["test_ood"] and settings.get("anchor_embedding") and settings.get("num_anchors") == 8:
                pictures.append(draw_semantics(group, (), folder, f"fig5_{record['dataset']}"))
    return [path for picture in pictures if picture for path in (picture.svg, picture.pdf, picture.png)]
