"""The paper's figures alone, for ``mia-plugins reproduce fig4`` and ``fig5``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .anchors import by_anchors, over_anchors
from .runs import find_runs, group_runs
from .semantics import semantics


def draw_paper_figures(folder: Path, names: Sequence[str]) -> list[Path]:
    """Draws ``fig4`` and ``fig5`` from the runs below a results folder, beside its tables.

    Raises:
        UserError: no run, or no matplotlib.
    """
    groups = group_runs(find_runs([folder])[0])
    pictures = [over_anchors(by_anchors(groups), folder)] if "fig4" in names else []
    if "fig5" in names:
        for group in groups:
            settings = group.first.record["settings"]
            if (
                group.first.record["test_ood"]
                or not settings.get("anchor_embedding")
                or settings.get("num_anchors") != 8
            ):
                continue
            name = f"fig5_{group.first.record['dataset']}"
            pictures.append(semantics(group.first, (), group.title, folder, name))
    return [path for picture in pictures if picture for path in (picture.svg, picture.png)]
