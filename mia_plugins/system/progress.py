"""The progress bar of a loop over batches: a line drawn anew on a terminal, a bar in a notebook, nothing in a file."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from tqdm import tqdm


def progress_bar(batches: Any, **options: Any) -> Any:
    """``tqdm(batches, **options)``, shown only by the first of several processes, and only where somebody sees it move."""
    from .processes import no_bar  # here: it imports torch, and commands that only list should start at once

    if no_bar():
        return tqdm(batches, disable=True, **options)
    if not in_notebook():
        return tqdm(batches, disable=None, **options)  # only on a terminal
    if importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm as notebook_bar

        return notebook_bar(batches, **options)
    return tqdm(batches, disable=False, **options)  # a notebook is no terminal, but redraws a line as one does


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"
