"""Stands for the method."""

from __future__ import annotations

from typing import Any


def build(task: Any, settings: Any) -> Any:
    """The method's."""
