"""For hosts that train in scope alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def number_of_classes(args: Any, labels: Sequence[str]) -> int:
    """Columns of the logits."""
    return len(labels)


def training_clips(args: Any, splits: Mapping[str, Any]) -> Any:
    """The clips to train on."""
    return splits["train"]
