"""Loading pre-trained models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def load(loader: Callable[..., Any], source: str, what: str) -> Any:
    """Runs a ``from_pretrained`` on a folder or a name, as the other methods do; ``what`` says what for."""
    return loader(source)
