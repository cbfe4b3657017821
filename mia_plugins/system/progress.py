"""The progress bar of a loop over batches."""

from __future__ import annotations

from typing import Any

from tqdm import tqdm

from .processes import no_bar


def progress_bar(batches: Any, **options: Any) -> Any:
    """``tqdm(batches, **options)``, shown only by the first of several processes, and only on a terminal."""
    return tqdm(batches, disable=no_bar(), **options)
