"""The progress bar of a loop over batches."""

from __future__ import annotations

from typing import Any

from tqdm import tqdm

from .processes import no_bar


def progress_bar(batches: Any, what: str, unit: str) -> Any:
    """The batches, with a bar on a terminal that goes when they end; ``what`` and ``unit`` name it and its steps."""
    return tqdm(batches, desc=what, unit=unit, leave=False, disable=no_bar())
