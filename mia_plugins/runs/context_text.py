"""What belonged to an utterance's history, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def context_words(dialogue: Mapping[str, Any] | None) -> str:
    """What belonged to an utterance's history, in one cell; empty for single turns.

    >>> context_words({"dialogue_mode": "multi_turn", "context": "all", "context_turns": None, "context_len": 0.5})
    'context=all context_len=0.5'
    """
    values = {name: value for name, value in (dialogue or {}).items() if name != "dialogue_mode" and value is not None}
    return " ".join(f"{name}={value}" for name, value in values.items())
